/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

size_t tally_add(struct tally *tally, const char *words) {
	for (size_t i = 0; i < tally->count; i++) {
		if (strcmp(tally->items[i].words, words) == 0)
			return tally->items[i].count++;
	}
	struct tally_item *grown =
		reallocarray(tally->items, tally->count + 1, sizeof(*tally->items));
	if (!grown)
		return 0;
	tally->items = grown;
	char *copy = strdup(words);
	if (copy)
		grown[tally->count++] = (struct tally_item){copy, 1};
	return 0;
}

void tally_sort(struct tally *tally) {
	/* By insertion, which keeps the order of equal ones; there are few. */
	for (size_t i = 1; i < tally->count; i++) {
		struct tally_item item = tally->items[i];
		size_t at = i;

		for (; at > 0 && tally->items[at - 1].count < item.count; at--)
			tally->items[at] = tally->items[at - 1];
		tally->items[at] = item;
	}
}

void tally_fini(struct tally *tally) {
	for (size_t i = 0; i < tally->count; i++)
		free(tally->items[i].words);
	free(tally->items);
	*tally = (struct tally){0};
}
