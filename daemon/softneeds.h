/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Libraries that the library under test opens by itself when they are there (.note.dlopen), as the
 * load child told it in LOADER_FACT_SOFT_NEEDS: "PRIORITY\tFEATURE\tSONAME[\tSONAME…]". What the
 * child says is not trusted. Pure data; non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

#include "strv.h"

struct facts;
struct verdict;

/* More is left out. */
#define SOFTNEEDS_MAX	    32 /* needs */
#define SOFTNEEDS_NAMES_MAX 16 /* names of a need */

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

/* How a load with LOADER_JOB_SOFT_NEED went for the need that it was about. */
enum softneeds_outcome {
	SOFTNEEDS_FOUND,
	SOFTNEEDS_ABSENT,  /* none of its names is there */
	SOFTNEEDS_BROKEN,  /* one is there and does not load, or its code fails */
	SOFTNEEDS_UNKNOWN, /* the library itself did not load this time, or nothing was tried */
};

/* Reads the needs among 'facts'; what makes no sense is left out. softneeds_fini() frees them.
 * Returns 0 or -ENOMEM. */
int softneeds_parse(const struct facts *facts, struct softneeds *ret_needs);

void softneeds_fini(struct softneeds *needs);

static inline void cleanup_softneeds_p(struct softneeds *needs) {
	softneeds_fini(needs);
}
#define cleanup_softneeds __attribute__((cleanup(cleanup_softneeds_p)))

/* Whether one of them is required, so that it is to be tried whatever the client asked for. */
bool softneeds_has_required(const struct softneeds *needs);

/* What 'verdict', of a load with LOADER_JOB_SOFT_NEED and LOADER_JOB_FACTS, says about 'need'. */
enum softneeds_outcome softneeds_judge(const struct softneed *need, const struct verdict *verdict);

/*
 * One line for a person about 'need', as 'verdict' says of it, such as "wants libfoo.so.1 for
 * sound (recommended), which is not there"; the caller frees it. NULL in *ret_text where there is
 * nothing to complain of. Returns 0 or -ENOMEM.
 */
int softneeds_describe(const struct softneed *need, const struct verdict *verdict, char **ret_text);

/*
 * Takes what 'trial', as above, says about 'need' into 'verdict', that of the library at 'path'
 * which loads: what it rests on, a warning if 'details' were asked for, and its failure if the need
 * is required and certainly cannot be met. Returns 1 if the library fails for it, else 0, or
 * -ENOMEM.
 */
int softneeds_apply(const struct softneed *need, const struct verdict *trial, const char *path,
	bool details, struct verdict *verdict);
