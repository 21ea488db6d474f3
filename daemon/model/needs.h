/* SPDX-License-Identifier: MIT */
#pragma once

/* Needs: what objects want and could not get, be it libraries, symbols or versions. What a library
 * opens by itself is a soft need (softneeds.h). Pure data; non-logging. */

#include <stdbool.h>
#include <stddef.h>

#include "strv.h"

struct needs_texts;

struct need {
	const char *name;	   /* of the library, symbol or version */
	const char *version;	   /* of the symbol; NULL for none */
	const char *needed_by;	   /* path of the object that wants it; NULL: not known */
	const char *provider;	   /* where a version was looked for; NULL: it is no version */
	struct strv available;	   /* versions of the same kind that the provider has */
	struct needs_texts *texts; /* the memory of the texts above */
};

struct needs {
	struct need *items; /* NULL while empty */
	size_t count, capacity;
	struct needs_texts *known; /* of the items that were added, not appended */
	size_t text_size;	   /* bytes of all texts */
};

/*
 * Appends a need with copies of the texts, of which all but 'name' may be NULL, unless a need with
 * the same texts has been added before. Returns 0 or -ENOMEM.
 */
int needs_add(struct needs *needs, const char *name, const char *version, const char *needed_by,
	const char *provider);

/* As needs_add() for a need that is known to be new, but one that needs_add() does not find later.
 */
int needs_append(struct needs *needs, const char *name, const char *version, const char *needed_by,
	const char *provider);

/* The words for 'need': a symbol as "NAME" or "NAME, version VERSION", a version as "NAME in
 * PROVIDER". The caller frees them; NULL if out of memory. */
char *needs_symbol(const struct need *need);

/* True if 'needs' has a need of just this name, with nothing known besides. */
bool needs_has(const struct needs *needs, const char *name);

/* Takes out all but the first 'count' needs. needs_add() does not find those that are left. */
void needs_cut(struct needs *needs, size_t count);

/* Frees what 'needs' holds, and leaves it empty. */
void needs_fini(struct needs *needs);

static inline void cleanup_needs_p(struct needs *needs) {
	needs_fini(needs);
}
#define cleanup_needs __attribute__((cleanup(cleanup_needs_p)))
