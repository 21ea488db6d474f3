/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The second look at a library: why it did not load (failurelook.h), and, once it has loaded, alone
 * or in company, whether its soft needs load as well (needlook.h). Says which load or trace comes
 * next, if any, and the caller carries that out. A look that gives nothing, or fails in whatever
 * way, leaves the verdict of the first load as it is. Non-logging.
 */

#include <stdint.h>

#include "verdict.h"

struct hostfinding;
struct hostquery;
struct hosttrial;
struct loadenv;
struct question;
struct secondlook;
struct sight;
struct tracetext;

enum secondlook_act {
	SECONDLOOK_DONE,  /* there is an answer */
	SECONDLOOK_TRACE, /* trace the library, then call secondlook_traced() */
	SECONDLOOK_LOAD,  /* load as planned, then call secondlook_judge() */
	SECONDLOOK_LOOK,  /* have 'sight' looked at, then call secondlook_looked() */
	SECONDLOOK_FIND,  /* have 'query' answered, then call secondlook_found() */
};

/* A further load of a library, or a trace, of which only the path and the time count. */
struct secondlook_plan {
	const char *path;		 /* of the library to load */
	const struct strv *library_path; /* to be searched, or NULL: as in the first load */
	const struct strv *preload;	 /* to be loaded before all else, or NULL */
	const struct hosttrial *host;	 /* to be stood in for, or NULL */
	size_t companions;		 /* the first so many of 'preload' (struct loader_job) */
	uint32_t flags;			 /* LOADER_JOB_* to be added */
	uint32_t timeout_ms;		 /* what is left of the time for the question */
};

struct secondlook_next {
	enum secondlook_act act;
	struct verdict verdict; /* when done: the answer, which is the caller's */
	/* Else: the load or trace; the plan points into the look, and holds until the look is asked
	 * once more. */
	struct secondlook_plan plan;
	struct sight *sight;	       /* SECONDLOOK_LOOK: of the look; else NULL */
	const struct hostquery *query; /* SECONDLOOK_FIND: likewise */
};

/* A look at the library of 'question', which was asked in 'env'; what they point to must outlive
 * the look. secondlook_free() frees it. Returns NULL if out of memory; the functions below take
 * that for a look that asks for nothing further. */
struct secondlook *secondlook_new(const struct question *question, const struct loadenv *env);

/* Judges what came of a load, the first one or the one planned last, which took 'elapsed_us'.
 * 'verdict' is taken over and left empty. Returns what comes next. */
struct secondlook_next secondlook_judge(
	struct secondlook *look, uint64_t elapsed_us, struct verdict *verdict);

/* Judges what came of the trace planned last, which took 'elapsed_us'; 'text' is NULL if nothing
 * did. Returns what comes next. */
struct secondlook_next secondlook_traced(
	struct secondlook *look, uint64_t elapsed_us, const struct tracetext *text);

/* Goes on when all that the look's sight wanted has been answered. Returns what comes next. */
struct secondlook_next secondlook_looked(struct secondlook *look);

/* Goes on with the answer to the query of the look, which is taken over and left empty. Returns
 * what comes next. */
struct secondlook_next secondlook_found(struct secondlook *look, struct hostfinding *finding);

/* Frees 'look', which may be NULL. Returns NULL. */
struct secondlook *secondlook_free(struct secondlook *look);
