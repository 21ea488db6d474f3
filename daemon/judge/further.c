/* SPDX-License-Identifier: MIT */
#include "further.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "company.h"
#include "inquiry.h"
#include "request.h"
#include "strv.h"
#include "tracetext.h"
#include "verdict.h"

static bool is_of_linker(const struct verdict *verdict) {
	return dltest_reason_class(verdict->reason) == DLTEST_REASON_CLASS_LINKER;
}

bool further_tells_more(
	const struct verdict *answer, const char *alone, const struct verdict *trial) {
	if (!is_of_linker(answer))
		return false;
	switch (dltest_reason_class(trial->reason)) {
	case DLTEST_REASON_CLASS_LINKER:
		return alone && trial->error && strcmp(trial->error, alone) != 0;
	case DLTEST_REASON_CLASS_PROCESS:
		return true;
	case DLTEST_REASON_CLASS_PASSING:
		return trial->reason != DLTEST_REASON_NO_VERDICT;
	case DLTEST_REASON_CLASS_LOADS:
	case DLTEST_REASON_CLASS_PATH:
	case DLTEST_REASON_CLASS_FORM:
		return false;
	}
	return false;
}

/* Puts 'error', which is taken over, in the place of that of 'answer'. Directories may have any
 * name, and are to bring no further line; NULL changes nothing. */
static void replace_error(struct verdict *answer, char *error) {
	char *fit = error ? tracetext_fit(error, strlen(error)) : NULL;

	free(error);
	if (!fit)
		return;
	free(answer->error);
	answer->error = fit;
}

static const char *words_of_phase(const struct verdict *verdict) {
	return verdict->phase && strcmp(verdict->phase, "close") == 0 ? "unloaded" : "loaded";
}

void further_tell_time(struct verdict *answer, uint32_t timeout_ms) {
	char *error;

	if (answer->reason != DLTEST_REASON_TIMED_OUT)
		return;
	if (asprintf(&error, "was still being %s after %g s in all", words_of_phase(answer),
		    timeout_ms / 1000.0) >= 0)
		replace_error(answer, error);
}

/* Where the package has what was missing, under its own name or another; NULL if that is not known.
 */
static const char *find(const struct inquiry *inquiry, const char *missing) {
	for (size_t i = 0; i < inquiry->found.count; i++) {
		const char *path = inquiry_misnamed(inquiry->found.items[i]);

		if (path && inquiry_is_found(inquiry->found.items[i], missing))
			return path;
	}
	return company_find(&inquiry->company, missing, inquiry->sight);
}

/* The remark on what would have been without company; NULL without memory or for none. */
static char *describe_alone(const struct inquiry *inquiry, const char *missing, const char *alone) {
	const char *place = missing ? find(inquiry, missing) : NULL;
	char *text;

	if (place) {
		if (asprintf(&text, "alone it does not find %s, which is in %s", missing, place) >=
			0)
			return text;
	} else if (alone && asprintf(&text, "alone: %s", alone) >= 0) {
		return text;
	}
	return NULL;
}

void further_tell_company(struct inquiry *inquiry, const char *missing, const char *alone) {
	cleanup_free char *remark = describe_alone(inquiry, missing, alone);
	struct verdict *answer = &inquiry->answer;
	char *error;

	further_tell_time(answer, inquiry->question.request->timeout_ms);
	if (asprintf(&error, "in the company of its own package: %s%s%s%s",
		    answer->error ? answer->error : "it does not load", remark ? " (" : "",
		    remark ? remark : "", remark ? ")" : "") >= 0)
		replace_error(answer, error);
}

void further_tell_no_time(struct verdict *answer, uint32_t timeout_ms) {
	char *error;

	if (!is_of_linker(answer)) {
		(void)verdict_add_remark(answer, "there was no time to try it in the company of "
						 "its own package");
		return;
	}
	int length = asprintf(&error,
		"%g s were over before it could be tried in the company of its own package "
		"(alone: %s)",
		timeout_ms / 1000.0, answer->error);
	if (length < 0)
		return;
	replace_error(answer, error);
	answer->reason = DLTEST_REASON_TIMED_OUT;
	answer->phase = "open";
	/* Nobody has looked for it where it may well be. */
	strv_fini(&answer->missing);
	strv_fini(&answer->symbols);
	needs_fini(&answer->needs);
}

void further_tell_slow_with_relatives(
	struct verdict *answer, const struct verdict *trial, uint32_t timeout_ms) {
	char *error;

	if (asprintf(&error,
		    "with libm.so.6 and its like loaded first: was still being %s after %g s in "
		    "all (alone: %s)",
		    words_of_phase(trial), timeout_ms / 1000.0, answer->error) < 0)
		return;
	replace_error(answer, error);
	answer->reason = DLTEST_REASON_TIMED_OUT;
	answer->phase = trial->phase;
}
