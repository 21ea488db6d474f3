/* SPDX-License-Identifier: MIT */
#pragma once

/* A verdict as few bytes, without what places say of it. Non-logging. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verdict;

struct recall {
	uint8_t reason; /* enum dltest_reason */
	uint32_t duration_us;
	uint32_t size;
	char *bytes; /* tagged texts, each with its NUL; NULL while there are none */
};

/* Writes 'verdict'. recall_fini() frees it. Returns 0 or -ENOMEM. */
int recall_write(struct recall *recall, const struct verdict *verdict);

/* Reads it back; whatever the bytes are, reading stays within them. verdict_fini() frees it.
 * Returns 0 or -ENOMEM. */
int recall_read(const struct recall *recall, struct verdict *ret_verdict);

void recall_fini(struct recall *recall);

/* Whether a verdict of this reason says something that lasts: about the file, or about what the
 * dynamic linker found. Not how a process ended, which may have many causes. */
bool recall_is_lasting(const struct verdict *verdict);
