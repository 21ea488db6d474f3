/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a verdict rests on: which paths, taken from what the load child and the trace told, and
 * which places those are. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "facts.h"
#include "strv.h"

struct footing;
struct loadenv;
struct mapped;
struct memory_entry;
struct places;
struct verdict;

/* The paths that a verdict rests on, as texts. */
struct footing_paths {
	struct facts objects; /* mapped when the library loaded, in their order */
	struct facts others;  /* objects and directories of further loads and traces; the path */
	struct strv missing;  /* names that were found nowhere */
};

/* True if 'path' has more directories on the way than are looked at: no verdict that rests on it is
 * kept. */
bool footing_is_too_deep(const char *path);

/* True if all is known that 'verdict' rests on. */
bool footing_is_complete(const struct verdict *verdict);

/* Collects in 'paths' (zeroed) what the verdict of the library at 'path', loaded after 'preload',
 * rests on. footing_paths_fini() frees the paths, also after a failure. Returns 0 or -ENOMEM. */
int footing_collect(struct footing_paths *paths, const char *path, const struct strv *preload,
	const struct verdict *verdict);

/* Adds to 'paths' what every verdict of loads in 'env' rests on: the directories of the search
 * path, which glibc no longer tells of when none of them is there, and 'mapped', the files of the
 * loader (NULL: unknown). Returns 0 or -ENOMEM. */
int footing_collect_env(
	struct footing_paths *paths, const struct loadenv *env, const struct mapped *mapped);

/* The estimated cost of footing_find() and of comparing the places, in units of one place with a
 * short path; SIZE_MAX if footing_find() would fail, since there are too many paths. */
size_t footing_effort(const struct footing_paths *paths);

/* Frees what 'paths' has. */
void footing_paths_fini(struct footing_paths *paths);

/* Makes a finder of places in 'places', which must outlive it, as they were in the round numbered
 * 'round' or later: it looks at each path once. footing_free() frees it. NULL if out of memory. */
struct footing *footing_new(struct places *places, uint64_t round);

/* Frees 'footing'; NULL is nothing. Returns NULL. */
struct footing *footing_free(struct footing *footing);

/* True if 'footing' keeps so much of what it has looked up that another one should go on. */
bool footing_is_large(const struct footing *footing);

/*
 * Writes the places of 'paths' to 'entry': the path first, then the objects, then all others, each
 * held; whether they were so all the time is for the caller to find out, later.
 * False, and nothing written, if there are too many places or out of memory.
 */
bool footing_find(
	struct footing *footing, const struct footing_paths *paths, struct memory_entry *entry);
