/* SPDX-License-Identifier: MIT */
#pragma once

/* The hint at what can be done about a library that does not load. */

#include <stdbool.h>
#include <stddef.h>

struct jsontext;
struct result;

/* The library that a result is about, and what is known around it. */
struct hint_about {
	const char *path; /* absolute */
	const char *home; /* $TSUKU_HOME, or NULL */
	bool details;	  /* true: what the library printed and tried is shown anyway */
	bool no_daemon;	  /* true: a private daemon was asked */
	const struct result *result;
};

/*
 * Appends the hint, one sentence, to 'text'; nothing where there is none. Reads directories: where
 * the library really is, and which package has what it misses. The words are not yet harmless for a
 * terminal.
 */
void hint_put(struct jsontext *text, const struct hint_about *about);

struct jsonscan;

/* The same of a result in JSON, value 'result' of 'scan', of the library at 'path'; what else is
 * known is in 'context', a struct hint_about. An answers_hint_fn. */
void hint_put_for(void *context, const char *path, const struct jsonscan *scan, size_t result,
	struct jsontext *text);
