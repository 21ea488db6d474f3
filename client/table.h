/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The answers for a person: a row for each path, below it what is to be known if it does not load,
 * and a summary. How wide the columns are is settled before the first answer, since all paths are
 * known by then; so rows can be printed as answers come.
 */

#include <stddef.h>

struct answers;
struct jsontext;
struct options;

struct table;

/* For 'answers' and 'options', which must stay, and so must 'home' ($TSUKU_HOME, or NULL). Returns
 * 0 or -ENOMEM. */
int table_new(const struct answers *answers, const struct options *options, const char *home,
	struct table **ret_table);

struct table *table_free(struct table *table);

/* Appends the rows for answer 'index', and counts it. */
void table_put_row(struct table *table, size_t index, struct jsontext *text);

/* Appends the summary of what was counted. */
void table_put_summary(struct table *table, struct jsontext *text);
