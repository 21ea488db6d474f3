/* SPDX-License-Identifier: MIT */
#pragma once

/* What the parts of a look have in common: failurelook.c, failurelook_company.c with the steps
 * in company, and failurelook_package.c with the survey before them. For these alone; non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inquiry.h"
#include "strv.h"
#include "verdict.h"

struct tracetext;

struct failurelook {
	struct inquiry *inquiry;
	size_t step;  /* index of steps */
	size_t round; /* loads that this step has had */
	struct strv providers;
	char *alone;	       /* the words of the first load; NULL: none, or no memory */
	char *missing;	       /* what that missed first, likewise */
	uint32_t first_ms;     /* the time that it took */
	uint32_t reserve_ms;   /* kept back for the company while that has not been tried */
	struct verdict before; /* the answer without company, once that of in company is in its
				* place */
	struct facts survey;   /* of the package */
	bool looked_around;    /* the company is known, with what it offers */
	bool company_offers;   /* by their names, its directories may have what is missing */
	bool company_tried;    /* or there is nothing to be tried */
	bool in_company;       /* the answer is of the load in company */
	bool relatives_tried;  /* likewise */
	bool unconfirmed;      /* it crashed, and something kept it from that, or chance */
	struct verdict helped; /* meanwhile: how it loaded in company */
};

/* What came of the load or the trace that a step planned. */
struct outcome {
	struct verdict *trial;	      /* of a load; the step may steal it */
	const struct tracetext *text; /* of a trace; NULL: nothing came of it */
};

enum step_end {
	STEP_GOES_ON,  /* the step may have more to do */
	STEP_OVER,     /* the next step's turn */
	STEP_ANSWERED, /* the look is over: the answer stands */
};

static inline struct verdict *answer_of(const struct failurelook *look) {
	return &look->inquiry->answer;
}

static inline bool loads(const struct verdict *trial) {
	return trial->reason == DLTEST_REASON_NONE;
}

/* True if it can be that other objects in memory would help. */
bool failurelook_may_be_helped(const struct failurelook *look);

/* Takes into 'answer' what a further load tells about what it rests on. */
void failurelook_note_basis(struct verdict *answer, const struct verdict *trial);

/* True if the library failed in 'trial', alone once more. If it loaded, nothing has helped, and the
 * answer says so. */
bool failurelook_is_confirmed(struct failurelook *look, const struct verdict *trial);
