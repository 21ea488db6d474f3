/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The likeness of this process, which callers are held against: whoever has other namespaces, other
 * limits or other rights would get another answer from a daemon that it had started itself. One
 * implementation a platform. Non-logging.
 */

#include <stddef.h>

struct dltest_standing;
struct likeness;
struct strv;

enum likeness_outcome {
	LIKENESS_SAME,	    /* as far as can be told; or the other process has ended */
	LIKENESS_ELSEWHERE, /* it has other namespaces or another root directory */
	LIKENESS_OTHER,	    /* it has another standing, or cannot be looked at */
};

/* Takes the likeness of this process, of whose standing 'standing' is a copy. The caller frees
 * *ret_likeness. Returns 0 or -errno. */
int likeness_new(const struct dltest_standing *standing, struct likeness **ret_likeness);

/* Frees 'likeness' if it is not NULL, and returns NULL. */
struct likeness *likeness_free(struct likeness *likeness);

/* Compares with the process that connected 'fd' what the kernel tells of it: its view of files, and
 * where there is one daemon for all of them, the rest. */
enum likeness_outcome likeness_compare(const struct likeness *likeness, int fd);

/* As likeness_compare(), but its namespaces and root directory alone, and those as far as they can
 * be looked at: of a process that has started this one for itself. */
enum likeness_outcome likeness_compare_places(const struct likeness *likeness, int fd);

/* Compares what only a process itself can say of its standing, 'words' being those that a caller
 * has said (dltest_standing_say()). */
enum likeness_outcome likeness_compare_words(
	const struct likeness *likeness, const struct strv *words);
