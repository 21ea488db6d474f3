/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The meaning of a dynamic linker's error text; dlerror_*.c have the forms of each linker's. The
 * text is data from a process that ran foreign code: nothing in it is trusted. Forms are tied to
 * both ends of the text as far as they have fixed ends, because paths and symbols in it may contain
 * anything. Non-logging.
 */

#include <dltest/reasons.h>
#include <stdbool.h>

#include "strv.h"

/*
 * Classifies 'text', which came of loading the library 'path'. A complaint about the form of
 * another file than this is DLTEST_REASON_MISSING_DEPENDENCY: a library is not to blame for what
 * a dependency of it is. If no path is known (NULL), such a complaint is taken to be about the
 * library. Names in the text are appended to 'missing' (libraries that could not be found or used,
 * as the dynamic linker names them) or 'symbols' (symbols as "name" or "name, version V"; versions
 * as "V in library"). A text of no known form is DLTEST_REASON_LOAD_ERROR. Returns the reason, or
 * DLTEST_REASON_NONE if there is no memory.
 */
enum dltest_reason dlerror_classify(
	const char *path, const char *text, struct strv *missing, struct strv *symbols);

/* True if 'text' gives an error as its cause that is the machine's at this moment, or none where it
 * may be that: without room, or when a disk could not be read, the next load may end otherwise
 * though no file has changed. */
bool dlerror_is_of_the_moment(const char *text);
