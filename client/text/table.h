/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The table of answers for a person: a row for each path, below the row what is to be known about a
 * library that does not load, and a summary. How wide the columns are is settled before the first
 * answer, since all paths are known by then; so rows can be printed as answers come.
 */

#include <stdbool.h>
#include <stddef.h>

struct answers;
struct jsontext;

struct table;

struct table_config {
	const char *home; /* $TSUKU_HOME, or NULL; must stay */
	bool details;	  /* true: everything is printed, at full length */
	bool no_daemon;	  /* true: a private daemon alone was asked */
};

/* A new table for 'answers' of ANSWERS_RESULTS, which must stay. table_free() frees *ret_table.
 * Returns 0 or -ENOMEM. */
int table_new(
	const struct answers *answers, const struct table_config *config, struct table **ret_table);

/* Frees 'table'; NULL is nothing. Returns NULL. */
struct table *table_free(struct table *table);

/* Appends the rows for answer 'index' to 'text', and counts the answer for the summary. */
void table_put_row(struct table *table, size_t index, struct jsontext *text);

/* Appends the summary of the answers that were counted to 'text'. */
void table_put_summary(struct table *table, struct jsontext *text);
