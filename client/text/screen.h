/* SPDX-License-Identifier: MIT */
#pragma once

/* What standard output can show. */

#include <stdbool.h>
#include <stddef.h>

struct jsontext;

enum screen_colour {
	SCREEN_GOOD,
	SCREEN_BAD,
	SCREEN_ODD,   /* neither, or worth a look */
	SCREEN_FAINT, /* what the eye may pass over */
	SCREEN_HELP,
};

struct screen {
	bool utf8;
	bool colours;
	size_t width; /* columns; 0: no end, as in a file or a pipe */
};

/*
 * Finds out: the width from the terminal, 80 if that does not know; colours on a terminal that is
 * not dumb, unless NO_COLOR is set; UTF-8 by the name of the locale. setlocale(3) would want files
 * that a static program does not bring.
 */
void screen_init(struct screen *screen);

/* Appends 'words' in a colour, if there are any. */
void screen_put(const struct screen *screen, struct jsontext *text, enum screen_colour colour,
	const char *words);

/* Appends 'count' blanks. */
void screen_put_blanks(struct jsontext *text, size_t count);

/* Appends foreign text, harmless; on a terminal, of more than 'limit' bytes only the start. */
void screen_put_short(
	const struct screen *screen, struct jsontext *text, size_t limit, const char *words);

/*
 * Appends foreign text, harmless, from column 'indent' on, where the cursor is. On a terminal it
 * is broken between words and goes on at the same column, and what is beyond 'limit' bytes is left
 * out (0: nothing). Ends the line.
 */
void screen_put_lines(const struct screen *screen, struct jsontext *text, size_t indent,
	size_t limit, const char *words);
