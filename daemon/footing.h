/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a verdict rests on: which paths, taken from what the load child and the trace told, and
 * which places those are. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"
#include "strv.h"

struct footing;
struct loadenv;
struct mapped;
struct memory_entry;
struct places;
struct verdict;

/* The paths, as texts. */
struct footing_paths {
	struct facts objects; /* mapped when the library loaded, in their order */
	struct facts others;  /* objects and directories of further loads and traces; the path */
	struct strv missing;  /* names that were found nowhere */
};

/* Whether all is known that 'verdict' rests on. */
bool footing_is_complete(const struct verdict *verdict);

/* Collects what the verdict of the library at 'path', with 'preload' loaded first, rests on.
 * footing_paths_fini() frees it, also after a failure. Returns 0 or -ENOMEM. */
int footing_collect(struct footing_paths *paths, const char *path, const struct strv *preload,
	const struct verdict *verdict);

/* Collects what besides stands for every load in 'env': the directories of its search path, which
 * glibc no longer tells of when none of them is there, and the files of its loader, if known.
 * Returns 0 or -ENOMEM. */
int footing_collect_env(
	struct footing_paths *paths, const struct loadenv *env, const struct mapped *mapped);

/* How much it is about to find their places and to look at those, in places of short paths;
 * SIZE_MAX if it is in vain, since there are too many. */
size_t footing_effort(const struct footing_paths *paths);

void footing_paths_fini(struct footing_paths *paths);

/* Finds places in 'places', which must outlive it, for one round. NULL when there is no memory. */
struct footing *footing_new(struct places *places);

struct footing *footing_free(struct footing *footing);

/*
 * Writes the places of 'paths' to 'entry': the path first, then the objects, then all others, each
 * held, as they are now; whether they were so all the time is for the caller to find out, later.
 * False, and nothing written, when there are too many or no memory.
 */
bool footing_find(
	struct footing *footing, const struct footing_paths *paths, struct memory_entry *entry);
