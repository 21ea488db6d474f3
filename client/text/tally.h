/* SPDX-License-Identifier: MIT */
#pragma once

/* A tally of how often the same words came. */

#include <stddef.h>

struct tally_item {
	char *words;
	size_t count;
};

struct tally {
	struct tally_item *items; /* in the order in which they came first */
	size_t count;
};

/* Counts 'words', of which it keeps a copy. Returns how often they came before; 0 also if there is
 * no memory to count them. */
size_t tally_add(struct tally *tally, const char *words);

/* Sorts the words: the most frequent first, equally frequent ones in the order in which they came.
 */
void tally_sort(struct tally *tally);

/* Frees what 'tally' holds. */
void tally_fini(struct tally *tally);
