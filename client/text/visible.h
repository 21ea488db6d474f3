/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Foreign text made harmless for a terminal: nothing in it moves the cursor, changes colours, or
 * turns the direction of writing. No locale is asked; the caller says what the terminal takes.
 */

#include <stdbool.h>
#include <stddef.h>

struct jsontext;

/*
 * Appends the 'length' bytes at 'bytes', made harmless. Control characters and bytes that are not
 * UTF-8 become \xNN, or \n, \r, \t; invisible characters and those that turn the direction \uNNNN;
 * without 'utf8' everything that is not ASCII does, too. Backslashes stay as they are, so that
 * paths can be copied.
 */
void visible_put(struct jsontext *text, const char *bytes, size_t length, bool utf8);

/*
 * Appends 'length' bytes of JSON with the same characters escaped as JSON has it (RFC 8259), which
 * changes nothing of what it means. Line feeds, which are between values, stay.
 */
void visible_put_json(struct jsontext *text, const char *bytes, size_t length);

/* As visible_put() for a NUL-terminated text. */
void visible_puts(struct jsontext *text, const char *string, bool utf8);

/* The columns that a terminal needs for 'length' bytes that visible_put() made. */
size_t visible_width(const char *text, size_t length);

/* The bytes of such a text that stand before its last 'columns' columns. */
size_t visible_skip(const char *text, size_t length, size_t columns);
