/* SPDX-License-Identifier: MIT */
#pragma once

/* The screen: what standard output can show. */

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
	bool utf8;    /* true: all of UTF-8 can be shown, else ASCII */
	bool colours; /* true: colours can be shown */
	size_t width; /* columns; 0: no end, as in a file or a pipe */
};

/*
 * Finds out what the screen can show: the width from the terminal, 80 if that does not know;
 * colours on a terminal that is not dumb, unless NO_COLOR is set; UTF-8 by the name of the locale.
 * setlocale(3) would want files that a static program does not bring.
 */
void screen_init(struct screen *screen);

/* Appends 'words', in 'colour' if the screen has colours. */
void screen_put(const struct screen *screen, struct jsontext *text, enum screen_colour colour,
	const char *words);

/* Appends 'count' blanks. */
void screen_put_blanks(struct jsontext *text, size_t count);

/* Appends 'words', foreign text, made harmless; on a terminal only the start of more than 'limit'
 * bytes. */
void screen_put_short(
	const struct screen *screen, struct jsontext *text, size_t limit, const char *words);

/*
 * Appends 'words', foreign text, made harmless, from column 'indent' on, where the cursor is. On a
 * terminal the text is broken between words and goes on at the same column, and bytes beyond
 * 'limit' (0: no limit) are left out. Ends the line.
 */
void screen_put_lines(const struct screen *screen, struct jsontext *text, size_t indent,
	size_t limit, const char *words);
