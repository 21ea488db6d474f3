/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The form of a file in a tree, by what is in it: whether there is something to ask the daemon
 * about. What is wrong with a library is not seen here.
 */

enum form {
	FORM_OTHER,   /* no library: a program, an object file, a text, … */
	FORM_LIBRARY, /* a library, of whatever system and machine; may be damaged */
	FORM_BESIDE,  /* none, but may have the name of one: a linker script, debugging information
		       */
};

/* Finds out the form of the regular file that 'fd' is open for, by its magic number: of a text it
 * is FORM_OTHER. Returns 0, or -errno if it cannot be read. */
int form_find(int fd, enum form *ret_form);

/* Finds out the form of a text: FORM_BESIDE if it is a linker script. As form_find(). */
int form_find_of_text(int fd, enum form *ret_form);
