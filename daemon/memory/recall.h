/* SPDX-License-Identifier: MIT */
#pragma once

/* A verdict as few bytes, without what places say of it. Non-logging. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict.h"

struct recall {
	uint8_t reason;	     /* enum dltest_reason */
	uint8_t signal;	     /* of a crash; 0 for none */
	int16_t exit_status; /* of an exit; -1 for none */
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

/* How much 'verdict' is worth keeping: no more than it says itself, and than its reason allows with
 * what is known of what it rests on. */
enum verdict_worth recall_worth(const struct verdict *verdict);

/* Whether 'recall' is one that recall_write() could have made of what came from a load: its texts
 * are UTF-8 and of a known kind, they and its numbers are those of its reason, and that is one of
 * those that are kept. For what was on disk. */
bool recall_is_sound(const struct recall *recall);

/* Whether both say the same about the library; not how long it took or what was printed. */
bool recall_agrees(const struct recall *one, const struct recall *other);
