/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is done when a library did not load: a trace that tells all that is missing, a load in the
 * company of its own package, one with the C library's relatives loaded first, and a look at the
 * versions that a library has instead of the wanted. When it did load, alone or in company: whether
 * what it says it opens by itself loads as well. Decides; others carry it out. A look that
 * gives nothing, or fails in whatever way, leaves the first verdict as it is. Non-logging.
 */

#include <stdint.h>

#include "question.h"
#include "strv.h"

struct loadenv;
struct secondlook;
struct tracetext;
struct verdict;

enum secondlook_act {
	SECONDLOOK_DONE,  /* *verdict is the answer */
	SECONDLOOK_TRACE, /* trace the library, then call secondlook_traced() */
	SECONDLOOK_LOAD,  /* load as secondlook_plan() says, then call secondlook_judge() */
};

/* A further load of a library. */
struct secondlook_plan {
	const char *path;		 /* what to load */
	const struct strv *library_path; /* to be searched, or NULL: as in the first look */
	const struct strv *preload;	 /* to be loaded before all else, or NULL */
	uint32_t flags;			 /* LOADER_JOB_* to be added */
	uint32_t timeout_ms;		 /* what is left of the question's time; also for a trace */
};

/*
 * Judges what came of a load for 'question' in 'env', which took 'elapsed_us'. At first *look is
 * NULL and stays so if there is nothing more to look for. What *verdict holds is taken over, and
 * given back with SECONDLOOK_DONE.
 */
enum secondlook_act secondlook_judge(struct secondlook **look, const struct question *question,
	const struct loadenv *env, uint64_t elapsed_us, struct verdict *verdict);

/* Judges what came of a trace; 'text' is NULL when nothing did. As above. */
enum secondlook_act secondlook_traced(struct secondlook *look, const struct tracetext *text,
	uint64_t elapsed_us, struct verdict *verdict);

/* What is to be done next; valid until the next call. */
const struct secondlook_plan *secondlook_plan(const struct secondlook *look);

struct secondlook *secondlook_free(struct secondlook *look);
