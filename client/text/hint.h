/* SPDX-License-Identifier: MIT */
#pragma once

/* What can be done about a library that does not load. */

#include <stdbool.h>

struct jsontext;
struct result;

/* The library that a result is about, and what is known around it. */
struct hint_about {
	const char *path; /* absolute */
	const char *home; /* $TSUKU_HOME, or NULL */
	bool details;	  /* what it printed and tried is shown anyway */
	bool no_daemon;	  /* a private daemon was asked */
	const struct result *result;
};

/*
 * Appends one sentence; nothing where there is nothing to say. Looks at directories: where the
 * library really is, and which package has what it misses. The words are not yet harmless.
 */
void hint_put(struct jsontext *text, const struct hint_about *about);
