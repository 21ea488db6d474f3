/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A message: one text of a dynamic linker's that is to be classified, with what the readers of all
 * linkers' texts share. For dlerror*.c alone. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

#include <dltest/reasons.h>

#include "strv.h"

struct dlmessage {
	const char *text;
	size_t length;
	const char *path;     /* of the library that was to be loaded; NULL: not known */
	struct strv *missing; /* where the names of libraries in the text go */
	struct strv *symbols; /* where those of symbols and versions go */
	bool no_memory;	      /* true: a name could not be kept */
};

/* True if 'text' begins with 'words'. */
bool dlmessage_begins_with(const char *text, const char *words);

/* True if the first 'length' bytes of 'text' end in 'words'. */
bool dlmessage_ends_in(const char *text, size_t length, const char *words);

/* The last occurrence of 'words' between 'start' and 'end'; NULL if there is none. */
const char *dlmessage_find_last(const char *start, const char *end, const char *words);

/*
 * The errno whose words (strerror() of glibc or musl), after ": ", end the first *length bytes of
 * 'text'; *length is then shortened by them. 0, and *length as it was, if there are none.
 */
int dlmessage_cut_error(const char *text, size_t *length);

/* Appends the bytes from 'start' to 'end' to 'list', which is message->missing or ->symbols; sets
 * message->no_memory if that fails. */
void dlmessage_take(
	struct dlmessage *message, struct strv *list, const char *start, const char *end);

/* True if the first 'length' bytes of the text are the library's path, or no path is known. */
bool dlmessage_is_of_library(const struct dlmessage *message, size_t length);

/*
 * The reason of a complaint 'reason' about the file that the first 'length' bytes of the text name:
 * as it is if the file is the library; else that file is a missing dependency, and is taken.
 */
enum dltest_reason dlmessage_blame(
	struct dlmessage *message, enum dltest_reason reason, size_t length);

/* The reason for 'error' in opening a library that was there and readable when it was judged, so
 * that it has gone or changed since. */
enum dltest_reason dlmessage_reason_of_error(int error);

/* True if 'error' is the machine's at this moment, not the file's. */
bool dlmessage_is_passing(int error);
