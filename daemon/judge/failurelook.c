/* SPDX-License-Identifier: MIT */
#include "failurelook.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/protocol.h>

#include "company.h"
#include "diagnosis.h"
#include "inquiry.h"
#include "loader_abi.h"
#include "request.h"
#include "tracetext.h"

/* Libraries whose versions are looked at. */
#define PROVIDERS_MAX 4

struct failurelook {
	struct inquiry *inquiry;
	size_t step;  /* index of steps */
	size_t round; /* loads that this step has had */
	struct strv providers;
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

static struct verdict *answer_of(const struct failurelook *look) {
	return &look->inquiry->answer;
}

static bool loads(const struct verdict *trial) {
	return trial->reason == DLTEST_REASON_NONE;
}

/* Whether it can be that other objects in memory would help. --bare wants the diagnosis, and no
 * other load. */
static bool may_be_helped(const struct failurelook *look) {
	enum dltest_reason reason = answer_of(look)->reason;

	return !look->inquiry->question.request->bare &&
	       (reason == DLTEST_REASON_MISSING_DEPENDENCY ||
		       reason == DLTEST_REASON_UNDEFINED_SYMBOL ||
		       reason == DLTEST_REASON_MISSING_VERSION || reason == DLTEST_REASON_CRASHED);
}

/* What a further load tells about what the answer rests on. */
static void note_basis(struct verdict *answer, const struct verdict *trial) {
	switch (dltest_reason_class(trial->reason)) {
	case DLTEST_REASON_CLASS_LOADS:
		if (facts_append(&answer->basis, trial->facts.bytes, trial->facts.size) < 0)
			facts_fini(&answer->basis);
		break;
	case DLTEST_REASON_CLASS_PASSING:
		verdict_lower(answer, VERDICT_WORTH_NEVER);
		break;
	case DLTEST_REASON_CLASS_PROCESS:
		/* Which may have many causes. */
		verdict_lower(answer, VERDICT_WORTH_IF_REPEATED);
		break;
	case DLTEST_REASON_CLASS_PATH:
	case DLTEST_REASON_CLASS_FORM:
	case DLTEST_REASON_CLASS_LINKER:
		break;
	}
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
	note_basis(answer_of(look), outcome->trial);
	return STEP_GOES_ON;
}

/* The company: with the directories of the library's own package. */

static bool plan_company(struct failurelook *look) {
	return may_be_helped(look) && look->inquiry->company.count > 0 &&
	       inquiry_plan_company(look->inquiry) == 0;
}

/* It loads in the company of its own package: that is the answer. */
static enum step_end take_company(struct failurelook *look, struct verdict *trial) {
	const struct inquiry *inquiry = look->inquiry;
	struct verdict *answer = answer_of(look);

	int r = company_used(&trial->context, &inquiry->company, &trial->facts, &answer->basis,
		inquiry->question.path);
	if (r == 0 && trial->context.count == 0)
		r = strv_add_all(&trial->context, &inquiry->company);
	if (r < 0)
		return STEP_ANSWERED;
	verdict_lower(trial, answer->worth);
	if (answer->reason == DLTEST_REASON_CRASHED)
		verdict_lower(trial, VERDICT_WORTH_IF_REPEATED);
	/* Whether it is still so depends on why it did not load alone, too. */
	trial->basis = answer->basis;
	answer->basis = (struct facts){0};
	verdict_fini(answer);
	*answer = verdict_steal(trial);
	return STEP_ANSWERED;
}

/* Whether it loads is not known: alone it does not, and in company it could not be tried. */
static enum step_end take_untried(struct failurelook *look, struct verdict *trial) {
	struct verdict *answer = answer_of(look);

	verdict_fini(answer);
	*answer = verdict_steal(trial);
	verdict_lower(answer, VERDICT_WORTH_NEVER);
	(void)verdict_add_remark(
		answer, "it does not load without the directories of its own package");
	return STEP_ANSWERED;
}

static enum step_end judge_helpful_company(struct failurelook *look, struct verdict *trial) {
	if (answer_of(look)->reason != DLTEST_REASON_CRASHED)
		return take_company(look, trial);
	if (!inquiry_has_time(look->inquiry)) {
		verdict_lower(answer_of(look), VERDICT_WORTH_NEVER);
		return take_company(look, trial);
	}
	look->helped = verdict_steal(trial);
	look->unconfirmed = true;
	return STEP_OVER;
}

static enum step_end judge_company(struct failurelook *look, const struct outcome *outcome) {
	struct verdict *answer = answer_of(look), *trial = outcome->trial;
	const struct inquiry *inquiry = look->inquiry;

	if (loads(trial))
		return judge_helpful_company(look, trial);
	/* Without words it has more directories than can be searched, which is not our failure. */
	if (trial->reason == DLTEST_REASON_NO_VERDICT && trial->error)
		return take_untried(look, trial);
	note_basis(answer, trial);
	if (answer->worth != VERDICT_WORTH_NEVER &&
		company_basis(&answer->basis, &inquiry->company, &answer->missing,
			inquiry->question.path) < 0)
		facts_fini(&answer->basis);
	return STEP_OVER;
}

/* The confirmation, alone once more: what was added seems to have kept the library from crashing,
 * or it does not crash every time. */

static bool plan_confirmation(struct failurelook *look) {
	return look->unconfirmed;
}

/* Whether the library fails alone once more. If it loads, nothing has helped, and the answer says
 * so. */
static bool is_confirmed(struct failurelook *look, const struct verdict *trial) {
	struct verdict *answer = answer_of(look);

	look->unconfirmed = false;
	if (trial->reason != answer->reason)
		verdict_lower(answer, VERDICT_WORTH_NEVER);
	if (loads(trial))
		(void)verdict_add_remark(answer, "but not when it was tried once more");
	return !loads(trial);
}

static enum step_end judge_without_company(
	struct failurelook *look, const struct outcome *outcome) {
	return is_confirmed(look, outcome->trial) ? take_company(look, &look->helped)
						  : STEP_ANSWERED;
}

static enum step_end judge_without_relatives(
	struct failurelook *look, const struct outcome *outcome) {
	if (is_confirmed(look, outcome->trial))
		return STEP_OVER;
	strv_fini(&answer_of(look)->loads_with);
	return STEP_ANSWERED;
}

/* The relatives of the C library preloaded, all of them, and if that helps, which of them does
 * it alone. Nothing that is missing appears by that. */

static bool plan_relatives(struct failurelook *look) {
	int r = 0;

	if (!may_be_helped(look) || answer_of(look)->reason == DLTEST_REASON_MISSING_DEPENDENCY)
		return false;
	for (size_t i = 0; i < RELATIVES_COUNT && r == 0; i++)
		r = inquiry_plan_preload(look->inquiry, relatives[i]);
	return r == 0;
}

/* The preloads have made it load. */
static void take_preload(struct failurelook *look) {
	struct verdict *answer = answer_of(look);

	strv_fini(&answer->loads_with);
	answer->loads_with = look->inquiry->preload;
	look->inquiry->preload = (struct strv){0};
}

static enum step_end judge_relatives(struct failurelook *look, const struct outcome *outcome) {
	note_basis(answer_of(look), outcome->trial);
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
	note_basis(answer_of(look), outcome->trial);
	if (!loads(outcome->trial))
		return STEP_GOES_ON;
	take_preload(look);
	return STEP_OVER;
}

/* The steps, in their order: what each does, how it is planned (false: there is nothing to do, or
 * no more), and what it makes of the outcome. */
static const struct {
	enum secondlook_act act;
	bool (*plan)(struct failurelook *look);
	enum step_end (*judge)(struct failurelook *look, const struct outcome *outcome);
} steps[] = {
	{SECONDLOOK_TRACE, plan_trace, judge_trace},
	{SECONDLOOK_LOAD, plan_versions, judge_versions},
	{SECONDLOOK_LOAD, plan_company, judge_company},
	{SECONDLOOK_LOAD, plan_confirmation, judge_without_company},
	{SECONDLOOK_LOAD, plan_relatives, judge_relatives},
	{SECONDLOOK_LOAD, plan_confirmation, judge_without_relatives},
	{SECONDLOOK_LOAD, plan_one_relative, judge_one_relative},
};
#define STEPS_COUNT (sizeof(steps) / sizeof(steps[0]))

int failurelook_new(struct inquiry *inquiry, struct failurelook **ret_look) {
	const struct question *question = &inquiry->question;
	struct failurelook *look = calloc(1, sizeof(*look));

	if (!look)
		return -ENOMEM;
	look->inquiry = inquiry;
	if (!question->request->bare &&
		company_list(&inquiry->company, inquiry->env, question->path) < 0)
		strv_fini(&inquiry->company);
	*ret_look = look;
	return 0;
}

enum secondlook_act failurelook_next(struct failurelook *look) {
	if (!inquiry_has_time(look->inquiry)) {
		verdict_lower(answer_of(look), VERDICT_WORTH_NEVER);
		return SECONDLOOK_DONE;
	}
	for (; look->step < STEPS_COUNT; look->step++, look->round = 0) {
		inquiry_plan(look->inquiry);
		if (steps[look->step].plan(look))
			return steps[look->step].act;
	}
	return SECONDLOOK_DONE;
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
		return SECONDLOOK_DONE;
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

struct failurelook *failurelook_free(struct failurelook *look) {
	if (!look)
		return NULL;
	strv_fini(&look->providers);
	verdict_fini(&look->helped);
	free(look);
	return NULL;
}
