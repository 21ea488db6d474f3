/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a load child told besides its verdict (enum dltest_fact), kept as the bytes it sent: each a
 * tag, a text and a NUL. Whatever the bytes are, reading them stays within them. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

#include <dltest/fact.h>

struct facts {
	char *bytes; /* NULL while empty */
	size_t size;
};

/* Appends the facts in the 'size' bytes at 'bytes', which end where the last NUL is. Returns 0 or
 * -ENOMEM. */
int facts_append(struct facts *facts, const char *bytes, size_t size);

/* Appends one fact. Returns 0 or -ENOMEM. */
int facts_put(struct facts *facts, enum dltest_fact fact, const char *text);

/*
 * Appends what 'more' tells of objects, directories and their being incomplete, unless 'known' or
 * 'facts' has it already; or, where it would then be more than 'size_max' bytes, that it is
 * incomplete. Returns 0 or -ENOMEM.
 */
int facts_append_new(
	struct facts *facts, const struct facts *known, const struct facts *more, size_t size_max);

void facts_fini(struct facts *facts);

/* The text of the next fact of this kind after 'previous' (NULL: the first); NULL if there is none.
 */
const char *facts_next(const struct facts *facts, enum dltest_fact fact, const char *previous);

/* Whether there is this very fact. */
bool facts_have(const struct facts *facts, enum dltest_fact fact, const char *text);

/* Whether there is a fact of this kind. */
bool facts_has(const struct facts *facts, enum dltest_fact fact);
