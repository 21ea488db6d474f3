/* SPDX-License-Identifier: MIT */
#include "failurelook.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/protocol.h>

#include "company.h"
#include "diagnosis.h"
#include "failurelook_company.h"
#include "failurelook_package.h"
#include "failurelook_parts.h"
#include "further.h"
#include "loader_abi.h"
#include "request.h"
#include "sight.h"
#include "tracetext.h"
#include "unreadable.h"

/* Libraries whose versions are looked at. */
#define PROVIDERS_MAX 4
/* So many times what the first load took is enough to come further than that. */
#define FURTHER_FACTOR 2

/* What libraries use without saying that they need it, since most programs have it loaded: parts of
 * the C library's project and of the compiler's. */
static const char *const relatives[] = {"libm.so.6", "libgcc_s.so.1", "libstdc++.so.6",
	"libpthread.so.0", "libdl.so.2", "librt.so.1", "libresolv.so.2"};
#define RELATIVES_COUNT (sizeof(relatives) / sizeof(relatives[0]))

bool failurelook_applies(const struct verdict *verdict) {
	switch (dltest_reason_class(verdict->reason)) {
	case DLTEST_REASON_CLASS_LINKER:
		return true;
	case DLTEST_REASON_CLASS_PROCESS:
		/* An IFUNC resolver of a library that nobody has loaded, for one. What was killed
		 * for what it kept trying is not tried again. */
		return verdict->signal != SIGKILL && verdict->phase &&
		       strcmp(verdict->phase, "open") == 0;
	case DLTEST_REASON_CLASS_LOADS:
	case DLTEST_REASON_CLASS_PATH:
	case DLTEST_REASON_CLASS_FORM:
	case DLTEST_REASON_CLASS_PASSING:
		return false;
	}
	return false;
}

/* The trace: all that is missing, and not only what the dynamic linker named when it gave up. */

static bool plan_trace(struct failurelook *look) {
	(void)look;
	return true;
}

/* A hostile library's symbols can make a trace say anything, at any length. */
static bool is_loadable_path(const char *path) {
	return path[0] == '/' && strlen(path) < DLTEST_PATH_MAX;
}

static void list_providers(struct strv *providers, const struct needs *versions) {
	for (size_t i = 0; i < versions->count; i++) {
		const char *provider = versions->items[i].provider;

		if (providers->count < PROVIDERS_MAX && is_loadable_path(provider) &&
			strv_add_once(providers, provider) < 0)
			break;
	}
}

static enum step_end judge_trace(struct failurelook *look, const struct outcome *outcome) {
	const struct tracetext *text = outcome->text;

	/* Stopped half-way, it has not told all that the verdict rests on, whatever others tell. */
	if (!text || text->failed || text->error)
		verdict_lower(answer_of(look), VERDICT_WORTH_NEVER);
	if (!text)
		return STEP_OVER;
	if (diagnosis_add_trace(answer_of(look), text) < 0)
		return STEP_ANSWERED;
	unreadable_name(answer_of(look), look->inquiry->env);
	list_providers(&look->providers, &text->versions);
	return STEP_OVER;
}

/* The versions: what a library has instead of the wanted one. */

static bool plan_versions(struct failurelook *look) {
	if (look->round >= look->providers.count)
		return false;
	look->inquiry->plan.path = look->providers.items[look->round];
	look->inquiry->plan.flags = LOADER_JOB_VERSIONS;
	return true;
}

static enum step_end judge_versions(struct failurelook *look, const struct outcome *outcome) {
	const char *provider = look->inquiry->plan.path;

	diagnosis_add_versions(answer_of(look), provider, &outcome->trial->facts);
	failurelook_note_basis(answer_of(look), outcome->trial);
	return STEP_GOES_ON;
}

static bool plan_versions_in_company(struct failurelook *look) {
	return look->in_company && plan_versions(look) && inquiry_plan_company(look->inquiry) == 0;
}

/* The confirmation, alone once more: what was added seems to have kept the library from crashing,
 * or it does not crash every time. */

static bool plan_confirmation(struct failurelook *look) {
	return look->unconfirmed;
}

static enum step_end judge_without_relatives(
	struct failurelook *look, const struct outcome *outcome) {
	if (failurelook_is_confirmed(look, outcome->trial))
		return STEP_OVER;
	strv_fini(&answer_of(look)->loads_with);
	return STEP_ANSWERED;
}

/* The relatives of the C library preloaded, all of them, and if that helps, which of them does
 * it alone. Nothing that is missing appears by that. */

static bool waits_for_relatives(const struct failurelook *look) {
	return !look->relatives_tried && failurelook_may_be_helped(look) &&
	       answer_of(look)->reason != DLTEST_REASON_MISSING_DEPENDENCY &&
	       answer_of(look)->loads_with.count == 0;
}

static bool plan_relatives(struct failurelook *look) {
	int r = 0;

	if (!waits_for_relatives(look))
		return false;
	for (size_t i = 0; i < RELATIVES_COUNT && r == 0; i++)
		r = inquiry_plan_preload(look->inquiry, relatives[i]);
	return r == 0;
}

static void tell_no_time_for_relatives(struct failurelook *look) {
	(void)verdict_add_remark(answer_of(look),
		"there was not enough time to try it with libm.so.6 and its like loaded first");
}

/* The preloads have made it load. */
static void take_preload(struct failurelook *look) {
	struct verdict *answer = answer_of(look);

	strv_fini(&answer->loads_with);
	answer->loads_with = look->inquiry->preload;
	look->inquiry->preload = (struct strv){0};
}

/* True if it came further with the relatives than to the symbols that it lacks alone: it had more
 * time than it took to come there. */
static bool came_further(const struct failurelook *look, const struct verdict *trial) {
	return trial->reason == DLTEST_REASON_TIMED_OUT &&
	       dltest_reason_class(answer_of(look)->reason) == DLTEST_REASON_CLASS_LINKER &&
	       look->inquiry->plan.timeout_ms / FURTHER_FACTOR >= look->first_ms;
}

static enum step_end judge_relatives(struct failurelook *look, const struct outcome *outcome) {
	look->relatives_tried = true;
	failurelook_note_basis(answer_of(look), outcome->trial);
	if (came_further(look, outcome->trial)) {
		further_tell_slow_with_relatives(answer_of(look), outcome->trial,
			look->inquiry->question.request->timeout_ms);
		return STEP_ANSWERED;
	}
	if (outcome->trial->reason == DLTEST_REASON_TIMED_OUT)
		tell_no_time_for_relatives(look);
	if (loads(outcome->trial)) {
		take_preload(look);
		look->unconfirmed = answer_of(look)->reason == DLTEST_REASON_CRASHED;
	}
	return STEP_OVER;
}

static bool plan_one_relative(struct failurelook *look) {
	return answer_of(look)->loads_with.count > 0 && look->round < RELATIVES_COUNT &&
	       inquiry_plan_preload(look->inquiry, relatives[look->round]) == 0;
}

/* If none helps alone, all together stay. */
static enum step_end judge_one_relative(struct failurelook *look, const struct outcome *outcome) {
	failurelook_note_basis(answer_of(look), outcome->trial);
	if (!loads(outcome->trial))
		return STEP_GOES_ON;
	take_preload(look);
	return STEP_OVER;
}

/* The steps, in their order: what each does, how it is planned (false: there is nothing to do, or
 * no more), and what it makes of the outcome. Those that only find out more leave time for the one
 * that decides. */
static const struct {
	enum secondlook_act act;
	bool (*plan)(struct failurelook *look);
	enum step_end (*judge)(struct failurelook *look, const struct outcome *outcome);
} steps[] = {
	{SECONDLOOK_TRACE, plan_trace, judge_trace},
	{SECONDLOOK_LOAD, plan_versions, judge_versions},
	{SECONDLOOK_LOAD, failurelook_plan_survey, failurelook_judge_survey},
	{SECONDLOOK_LOAD, failurelook_plan_company, failurelook_judge_company},
	{SECONDLOOK_TRACE, failurelook_plan_trace_in_company, judge_trace},
	{SECONDLOOK_LOAD, plan_versions_in_company, judge_versions},
	{SECONDLOOK_LOAD, plan_confirmation, failurelook_judge_without_company},
	{SECONDLOOK_LOAD, plan_relatives, judge_relatives},
	{SECONDLOOK_LOAD, plan_confirmation, judge_without_relatives},
	{SECONDLOOK_LOAD, plan_one_relative, judge_one_relative},
};
#define STEPS_COUNT (sizeof(steps) / sizeof(steps[0]))

/* Whether company may well help. It may where no file has the name of what is missing: another form
 * of what needs that can lie there. But nobody need wait for that. */
static bool company_offers(const struct failurelook *look) {
	const struct strv *company = &look->inquiry->company;

	if (answer_of(look)->reason != DLTEST_REASON_MISSING_DEPENDENCY || !look->missing)
		return company->count > 0;
	return company_find(company, look->missing, look->inquiry->sight) ||
	       company_find(company, "glibc-hwcaps", look->inquiry->sight);
}

static char *copy(const char *text) {
	return text ? strdup(text) : NULL;
}

int failurelook_new(struct inquiry *inquiry, struct failurelook **ret_look) {
	const struct question *question = &inquiry->question;
	const struct verdict *answer = &inquiry->answer;
	struct failurelook *look = calloc(1, sizeof(*look));

	if (!look)
		return -ENOMEM;
	look->inquiry = inquiry;
	look->first_ms = question->request->timeout_ms - inquiry->left_ms;
	look->alone = copy(answer->error);
	look->missing = copy(answer->missing.count > 0 ? answer->missing.items[0] : NULL);
	*ret_look = look;
	return 0;
}

/* Finds the company. False if that lies where others have to look first. */
static bool look_around(struct failurelook *look) {
	struct inquiry *inquiry = look->inquiry;

	if (look->looked_around)
		return true;
	strv_fini(&inquiry->company);
	int r = failurelook_may_be_helped(look) ? company_list(&inquiry->company, inquiry->env,
							  inquiry->question.path, inquiry->sight)
						: 0;
	if (r == 0)
		r = failurelook_list_package(look);
	if (r < 0)
		failurelook_lack_company(look);
	look->company_offers = company_offers(look);
	if (r == 0 && sight_is_waiting(inquiry->sight))
		return false;
	look->looked_around = true;
	if (look->company_offers && failurelook_waits_for_company(look))
		look->reserve_ms = inquiry->left_ms / 2;
	return true;
}

/* What would have decided can no more be tried. */
static void run_out(struct failurelook *look) {
	verdict_lower(answer_of(look), VERDICT_WORTH_NEVER);
	if (failurelook_waits_for_company(look) && look->company_offers)
		further_tell_no_time(answer_of(look), look->inquiry->question.request->timeout_ms);
	else if (waits_for_relatives(look))
		tell_no_time_for_relatives(look);
}

/* Takes the time that the company is to have off what is planned before that. False if nothing is
 * left then: the step is left out. */
static bool leave_time_for_company(struct failurelook *look) {
	struct secondlook_plan *plan = &look->inquiry->plan;

	if (!failurelook_waits_for_company(look) ||
		steps[look->step].judge == failurelook_judge_company)
		return true;
	if (plan->timeout_ms < look->reserve_ms + INQUIRY_LEFT_MIN_MS) {
		verdict_lower(answer_of(look), VERDICT_WORTH_NEVER);
		return false;
	}
	plan->timeout_ms -= look->reserve_ms;
	return true;
}

static enum secondlook_act find_step(struct failurelook *look) {
	if (!inquiry_has_time(look->inquiry)) {
		run_out(look);
		return SECONDLOOK_DONE;
	}
	for (; look->step < STEPS_COUNT; look->step++, look->round = 0) {
		inquiry_plan(look->inquiry);
		if (steps[look->step].plan(look) && leave_time_for_company(look))
			return steps[look->step].act;
	}
	return SECONDLOOK_DONE;
}

/* The answer says of which load it is. */
static enum secondlook_act end_if_done(struct failurelook *look, enum secondlook_act act) {
	struct inquiry *inquiry = look->inquiry;

	if (act == SECONDLOOK_DONE && look->in_company)
		further_tell_company(inquiry, look->missing, look->alone);
	return act;
}

enum secondlook_act failurelook_next(struct failurelook *look) {
	return look_around(look) ? end_if_done(look, find_step(look)) : SECONDLOOK_LOOK;
}

static enum secondlook_act go_on(struct failurelook *look, const struct outcome *outcome) {
	switch (steps[look->step].judge(look, outcome)) {
	case STEP_GOES_ON:
		look->round++;
		break;
	case STEP_OVER:
		look->step++;
		look->round = 0;
		break;
	case STEP_ANSWERED:
		return end_if_done(look, SECONDLOOK_DONE);
	}
	return failurelook_next(look);
}

enum secondlook_act failurelook_judge(struct failurelook *look, struct verdict *trial) {
	const struct outcome outcome = {.trial = trial};

	return go_on(look, &outcome);
}

enum secondlook_act failurelook_traced(struct failurelook *look, const struct tracetext *text) {
	const struct outcome outcome = {.text = text};

	return go_on(look, &outcome);
}

bool failurelook_is_in_company(const struct failurelook *look) {
	return look->in_company;
}

struct failurelook *failurelook_free(struct failurelook *look) {
	if (!look)
		return NULL;
	strv_fini(&look->providers);
	verdict_fini(&look->helped);
	verdict_fini(&look->before);
	facts_fini(&look->survey);
	free(look->alone);
	free(look->missing);
	free(look);
	return NULL;
}
