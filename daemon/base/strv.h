/* SPDX-License-Identifier: MIT */
#pragma once

/* A growing list of strings. Pure data; non-logging. */

#include <stddef.h>
#include <stdio.h>

struct strv {
	char **items; /* NULL while empty */
	size_t count;
};

void strv_fini(struct strv *strv);

static inline void cleanup_strv_p(struct strv *strv) {
	strv_fini(strv);
}
#define cleanup_strv __attribute__((cleanup(cleanup_strv_p)))

/* Appends a copy of 'text'. Returns 0 or -ENOMEM. */
int strv_add(struct strv *strv, const char *text);

/* Appends copies of all that 'more' has. Returns 0, or -ENOMEM after a part of them. */
int strv_add_all(struct strv *strv, const struct strv *more);

/* Appends 'text' itself, which is the list's from then on, also after a failure; NULL is taken for
 * a failed allocation. Returns 0 or -ENOMEM. */
int strv_take(struct strv *strv, char *text);

/* Takes out and frees all strings but the first 'count'. */
void strv_cut(struct strv *strv, size_t count);

/* Appends a copy of 'text' unless the list has an equal one. Returns 0 or -ENOMEM. */
int strv_add_once(struct strv *strv, const char *text);

/* Prints the list to 'stream' so that no two lists print the same: their count, and each with its
 * length, since a path may hold any separator. */
void strv_print(FILE *stream, const struct strv *strv);

/* Makes 'text' the last one: takes out an equal one, or the first where there are 'max', and
 * appends a copy. Returns 0, or -ENOMEM and leaves the list shorter. */
int strv_make_last(struct strv *strv, const char *text, size_t max);
