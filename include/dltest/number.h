/* SPDX-License-Identifier: MIT */
#pragma once

/* Numbers in what the kernel prints. Not by sscanf(3), which is a tenth of a static client. Used by
 * the client and the daemon. */

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

/* Takes the number in this base at *text, blanks before it included, and what is 'behind' it (0:
 * nothing need be). Returns false if there is none, or one that is too large; *text stays then. */
static inline bool dltest_number_take(
	const char **text, int base, char behind, unsigned *ret_number) {
	char *end;

	unsigned long number = strtoul(*text, &end, base);
	if (end == *text || number > UINT_MAX || (behind && *end != behind))
		return false;
	*ret_number = (unsigned)number;
	*text = end + (behind != '\0');
	return true;
}
