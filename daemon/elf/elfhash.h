/* SPDX-License-Identifier: MIT */
#pragma once

/* The two hashes by which a symbol's name is found in a library's tables. Inline, so that the
 * loader has them without a room of its own for four lines. */

#include <stdint.h>

/* The hash of `name` in a DT_GNU_HASH table (glibc's sysdeps/generic/dl-new-hash.h). */
static inline uint32_t elfhash_gnu(const char *name) {
	uint32_t value = 5381;

	for (; *name; name++)
		value = value * 33 + (unsigned char)*name;
	return value;
}

/* The hash of `name` in a DT_HASH table (System V ABI, chapter 5, "Hash Table"). */
static inline uint32_t elfhash_sysv(const char *name) {
	uint32_t value = 0;

	for (; *name; name++) {
		value = (value << 4) + (unsigned char)*name;
		uint32_t high = value & 0xf0000000u;
		value ^= high >> 24;
		value &= ~high;
	}
	return value;
}
