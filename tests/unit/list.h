/* SPDX-License-Identifier: MIT */
#pragma once

/* What tests ask of a list. */

#include <stdbool.h>
#include <string.h>

#include "strv.h"

/* Whether 'text' is in the list. */
static inline bool list_has(const struct strv *list, const char *text) {
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}
