/* SPDX-License-Identifier: MIT */
#pragma once

/* Linker scripts: texts that lie among libraries under the name of one, for compilers
 * (/usr/lib/…/libc.so). The loader names them, and the client counts them apart. */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* True if the 'length' bytes that a text begins with have one of the words that linker scripts have
 * near their beginning. */
static inline bool dltest_linkerscript_begins(const unsigned char *bytes, size_t length) {
	static const char *const words[] = {
		"GNU ld script", "OUTPUT_FORMAT", "GROUP(", "GROUP (", "INPUT(", "INPUT ("};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (memmem(bytes, length, words[i], strlen(words[i])))
			return true;
	}
	return false;
}
