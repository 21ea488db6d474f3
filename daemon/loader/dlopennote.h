/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reads what a library says in .note.dlopen about libraries it opens itself when they are there:
 * ELF notes of the owner "FDO" with a JSON array of {"soname":[…],"feature","description",
 * "priority"} (UAPI group, "ELF dlopen metadata"). Pure: reads the bytes it is given and no others.
 */

#include <stddef.h>

#define DLOPENNOTE_TYPE 0x407c0c0au

/* What is left out, because nobody who means well has more. */
#define DLOPENNOTE_SIZE_MAX  65536 /* bytes of JSON in a note */
#define DLOPENNOTE_NEEDS_MAX 32	   /* needs of a note */
#define DLOPENNOTE_NAMES_MAX 16	   /* sonames of a need */
#define DLOPENNOTE_NAME_MAX  255   /* bytes of a soname */

/*
 * Takes one need, as in DLTEST_FACT_SOFT_NEEDS: "PRIORITY\tFEATURE\tSONAME[\tSONAME…]", of which
 * FEATURE may be empty and none has a control character.
 */
typedef void (*dlopennote_fn)(void *context, const char *need);

/*
 * Calls 'each' for every need in the JSON text of 'size' bytes. Returns 0, -EBADMSG if something
 * about it made no sense or was too much; what did make sense was told all the same.
 */
int dlopennote_parse(const char *json, size_t size, dlopennote_fn each, void *context);

/*
 * Does that for every note of this kind among the 'size' bytes of notes at 'notes', which are
 * padded to multiples of 'align', 4 or 8. Returns 0 or -EBADMSG.
 */
int dlopennote_walk(
	const void *notes, size_t size, size_t align, dlopennote_fn each, void *context);
