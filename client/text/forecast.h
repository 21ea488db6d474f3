/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What many libraries need of a system, from the warnings that say it of each (DIAGNOSIS.md,
 * "Warnings"): the newest C library and the highest processor level of all of them.
 */

#include <stdbool.h>

struct jsontext;
struct screen;

struct forecast {
	unsigned glibc[3]; /* its version, or zeros */
	unsigned level;	   /* of x86-64; 0: none above the first */
};

/* Whether a warning is one of those that say on which systems a library runs. Such are no trouble
 * by themselves. */
bool forecast_is(const char *warning);

/* Takes a warning of a library, whichever it is. */
void forecast_take(struct forecast *forecast, const char *warning);

/* Appends a line to 'text' that says what all need; nothing if no warning has said any of it. */
void forecast_put(
	const struct forecast *forecast, const struct screen *screen, struct jsontext *text);
