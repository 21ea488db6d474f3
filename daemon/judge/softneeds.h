/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The soft needs of a library under test: libraries that it opens by itself when they are there
 * (.note.dlopen), as the load child told it in DLTEST_FACT_SOFT_NEEDS:
 * "PRIORITY\tFEATURE\tSONAME[\tSONAME…]". What the child says is not trusted. Pure data;
 * non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

#include "strv.h"

struct facts;
struct question;
struct verdict;

/* More is left out. */
#define SOFTNEEDS_MAX	    32 /* soft needs */
#define SOFTNEEDS_NAMES_MAX 16 /* names of one */

enum softneeds_priority {
	SOFTNEEDS_REQUIRED,    /* it does not work without */
	SOFTNEEDS_RECOMMENDED, /* also what says nothing, or something else */
	SOFTNEEDS_SUGGESTED,
};

struct softneed {
	enum softneeds_priority priority;
	char *feature;	   /* what it is wanted for, valid UTF-8; NULL: not told */
	struct strv names; /* any one of them will do; without a slash, at least one */
};

struct softneeds {
	struct softneed *items; /* NULL while empty */
	size_t count;
};

/* Reads the soft needs among 'facts'; what makes no sense is left out. softneeds_fini() frees them.
 * Returns 0 or -ENOMEM. */
int softneeds_parse(const struct facts *facts, struct softneeds *ret_softneeds);

/* Frees what 'softneeds' holds. */
void softneeds_fini(struct softneeds *softneeds);

static inline void cleanup_softneeds_p(struct softneeds *softneeds) {
	softneeds_fini(softneeds);
}
#define cleanup_softneeds __attribute__((cleanup(cleanup_softneeds_p)))

/*
 * Takes what 'trial', of a load with LOADER_JOB_SOFT_NEED and LOADER_JOB_FACTS, says about
 * 'softneed' into 'verdict', that of the library of 'question', which loads: what it rests on, a
 * warning if details were asked for, and its failure if the soft need is required and certainly
 * cannot be met. Returns 1 if the library fails for it, else 0, or -ENOMEM.
 */
int softneeds_apply(const struct softneed *softneed, const struct verdict *trial,
	const struct question *question, struct verdict *verdict);
