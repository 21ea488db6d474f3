/* SPDX-License-Identifier: MIT */
#pragma once

/* A trial of a library with a program that may be its host: the program's symbols are stood in for.
 * Plain data. */

struct needs;

struct hosttrial {
	const char *program;	   /* absolute path */
	const struct needs *wants; /* symbols that the library lacks; each once counts */
};
