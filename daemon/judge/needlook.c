/* SPDX-License-Identifier: MIT */
#include "needlook.h"

#include <errno.h>
#include <stdlib.h>

#include "inquiry.h"
#include "loader_abi.h"
#include "request.h"
#include "softneeds.h"

struct needlook {
	struct inquiry *inquiry;
	struct softneeds softneeds;
	const struct softneed *order[SOFTNEEDS_MAX]; /* those that are to be tried */
	size_t count;
	size_t tried;
	size_t failed; /* required soft needs that cannot be met */
};

static void list_required(struct needlook *look) {
	for (size_t i = 0; i < look->softneeds.count; i++) {
		if (look->softneeds.items[i].priority == SOFTNEEDS_REQUIRED)
			look->order[look->count++] = &look->softneeds.items[i];
	}
}

static void list_others(struct needlook *look) {
	for (size_t i = 0; i < look->softneeds.count; i++) {
		if (look->softneeds.items[i].priority != SOFTNEEDS_REQUIRED)
			look->order[look->count++] = &look->softneeds.items[i];
	}
}

int needlook_new(struct inquiry *inquiry, struct needlook **ret_look) {
	const struct facts *facts = &inquiry->answer.facts;

	if (!facts_has(facts, DLTEST_FACT_SOFT_NEEDS)) {
		*ret_look = NULL;
		return 0;
	}
	struct needlook *look = calloc(1, sizeof(*look));
	if (!look || softneeds_parse(facts, &look->softneeds) < 0) {
		free(look);
		return -ENOMEM;
	}
	look->inquiry = inquiry;
	/* The required ones first, so that what hangs among the others does not take their time. */
	list_required(look);
	if (inquiry->question.request->details)
		list_others(look);
	*ret_look = look->count > 0 ? look : needlook_free(look);
	return 0;
}

/* Takes what a trial says about the soft need whose turn it is, and goes on to the next one. */
static void apply(struct needlook *look, const struct verdict *trial) {
	struct inquiry *inquiry = look->inquiry;

	int r = softneeds_apply(
		look->order[look->tried++], trial, &inquiry->question, &inquiry->answer);
	if (r > 0)
		look->failed++;
	if (r < 0)
		verdict_lower(&inquiry->answer, VERDICT_WORTH_NEVER);
}

static bool plan_trial(struct inquiry *inquiry, const struct softneed *softneed) {
	int r = 0;

	inquiry_plan(inquiry);
	inquiry->plan.flags = LOADER_JOB_SOFT_NEED;
	/* Where the library loads in company, what it opens is looked for there, too. */
	if (inquiry->answer.context.count > 0)
		r = inquiry_plan_company(inquiry);
	for (size_t i = 0; i < softneed->names.count && r == 0; i++)
		r = inquiry_plan_preload(inquiry, softneed->names.items[i]);
	return r == 0;
}

static void tell_how_many_failed(const struct needlook *look) {
	size_t more = look->failed - 1;

	/* Without memory for it, the first must do. */
	if (look->failed > 1)
		(void)verdict_add_remark(&look->inquiry->answer, "%zu more %s missing", more,
			more == 1 ? "library is" : "libraries are");
}

enum secondlook_act needlook_next(struct needlook *look) {
	/* What was not tried is no reason for the library to fail. */
	const struct verdict untried = {.reason = DLTEST_REASON_NO_VERDICT};
	bool has_time = inquiry_has_time(look->inquiry);

	if (!has_time)
		verdict_lower(&look->inquiry->answer, VERDICT_WORTH_NEVER);
	while (look->tried < look->count) {
		if (has_time && plan_trial(look->inquiry, look->order[look->tried]))
			return SECONDLOOK_LOAD;
		apply(look, &untried);
	}
	tell_how_many_failed(look);
	return SECONDLOOK_DONE;
}

enum secondlook_act needlook_judge(struct needlook *look, const struct verdict *trial) {
	apply(look, trial);
	return needlook_next(look);
}

struct needlook *needlook_free(struct needlook *look) {
	if (!look)
		return NULL;
	softneeds_fini(&look->softneeds);
	free(look);
	return NULL;
}
