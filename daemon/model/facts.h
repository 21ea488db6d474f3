/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Facts: what a load child told besides its verdict (enum dltest_fact), kept as the bytes it sent,
 * each fact a tag, a text and a NUL. Whatever the bytes are, reading stays within them.
 * Non-logging.
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

/* Appends one fact with a copy of 'text'. Returns 0 or -ENOMEM. */
int facts_put(struct facts *facts, enum dltest_fact fact, const char *text);

/*
 * Appends the facts in 'more' about objects, directories and their being incomplete, unless 'known'
 * or 'facts' has them already; where 'facts' would have more than 'size_max' bytes then, appends
 * that it is incomplete. Returns 0 or -ENOMEM.
 */
int facts_append_new(
	struct facts *facts, const struct facts *known, const struct facts *more, size_t size_max);

/* Frees what 'facts' holds, and leaves it empty. */
void facts_fini(struct facts *facts);

/* The text of the next fact of this kind after the text 'previous' (NULL: the first), valid until
 * 'facts' changes; NULL if there is none. */
const char *facts_next(const struct facts *facts, enum dltest_fact fact, const char *previous);

/* True if 'facts' has this very fact. */
bool facts_have(const struct facts *facts, enum dltest_fact fact, const char *text);

/* True if 'facts' has a fact of this kind. */
bool facts_has(const struct facts *facts, enum dltest_fact fact);
