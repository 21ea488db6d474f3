/* SPDX-License-Identifier: MIT */
#pragma once

/* Counts how often the same words came. */

#include <stddef.h>

struct tally_item {
	char *words;
	size_t count;
};

struct tally {
	struct tally_item *items; /* in the order in which they came first */
	size_t count;
};

/* Counts a copy of 'words'. Returns how often they came before; 0 also without memory, when they
 * are not counted. */
size_t tally_add(struct tally *tally, const char *words);

/* The most frequent first, equal ones in the order in which they came. */
void tally_sort(struct tally *tally);

void tally_fini(struct tally *tally);
