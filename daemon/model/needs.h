/* SPDX-License-Identifier: MIT */
#pragma once

/* What objects want and could not get: libraries, symbols, versions. Pure data; non-logging. */

#include <stdbool.h>
#include <stddef.h>

#include "strv.h"

struct needs_texts;

struct need {
	const char *name;      /* of the library, symbol or version */
	const char *version;   /* of the symbol; NULL for none */
	const char *needed_by; /* path of the object that wants it; NULL: not known */
	const char *provider;  /* where a version was looked for; NULL: it is no version */
	struct strv available; /* versions of its kind that the provider has */
	struct needs_texts *texts;
};

struct needs {
	struct need *items; /* NULL while empty */
	size_t count, capacity;
	struct needs_texts *known; /* of the items that were added, not appended */
	size_t text_size;
};

/*
 * Appends a need with copies of the texts; all but 'name' may be NULL. One that is there already
 * with the same texts is not added again. Returns 0 or -ENOMEM.
 */
int needs_add(struct needs *needs, const char *name, const char *version, const char *needed_by,
	const char *provider);

/* As needs_add() for what is known to be new; but what is appended is not found later. */
int needs_append(struct needs *needs, const char *name, const char *version, const char *needed_by,
	const char *provider);

/* A symbol as "NAME" or "NAME, version VERSION", a version as "NAME in PROVIDER". The caller frees
 * it; NULL when there is no memory. */
char *needs_symbol(const struct need *need);

/* Whether there is a need of just this name, with nothing known besides. */
bool needs_has(const struct needs *needs, const char *name);

/* Takes out all but the first 'count'. What is left is not found as added any more. */
void needs_cut(struct needs *needs, size_t count);

void needs_fini(struct needs *needs);

static inline void cleanup_needs_p(struct needs *needs) {
	needs_fini(needs);
}
#define cleanup_needs __attribute__((cleanup(cleanup_needs_p)))
