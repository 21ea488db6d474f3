/* SPDX-License-Identifier: MIT */
#include "secondlook.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "company.h"
#include "diagnosis.h"
#include "loader_abi.h"
#include "question.h"
#include "request.h"
#include "softneeds.h"
#include "tracetext.h"
#include "verdict.h"

/* With less time left than this there is no further look. */
#define LEFT_MIN_MS 20
/* Libraries whose versions are looked at. */
#define PROVIDERS_MAX 4

enum step {
	STEP_TRACE,
	STEP_VERSIONS,	   /* what a library has instead of the wanted version */
	STEP_COMPANY,	   /* with the directories of its own package */
	STEP_RELATIVES,	   /* with all of the C library's relatives loaded first … */
	STEP_ONE_RELATIVE, /* … and if that helps, which of them does it alone */
	STEP_SOFT_NEEDS,   /* of a library that loads: what it opens by itself, one by one */
	STEP_COUNT_
};

struct secondlook {
	const struct question *question;
	enum step step;
	size_t round; /* within a step that takes several */
	uint32_t left_ms;
	struct verdict first; /* what stands if nothing better comes */
	struct strv providers;
	struct strv company;
	struct strv library_path;
	struct strv preload;
	bool relatives_help;
	bool again;	       /* it is being loaded alone once more … */
	bool asked_again;      /* … and is so only once */
	struct verdict helped; /* meanwhile: what it was not alone */
	struct softneeds needs;
	size_t failed;	 /* required needs that cannot be met */
	bool in_company; /* in which it loads */
	struct secondlook_plan plan;
};

/* What libraries use without saying that they need it, since most programs have it loaded: parts of
 * the C library's project and of the compiler's. */
static const char *const relatives[] = {"libm.so.6", "libgcc_s.so.1", "libstdc++.so.6",
	"libpthread.so.0", "libdl.so.2", "librt.so.1", "libresolv.so.2"};
#define RELATIVES_COUNT (sizeof(relatives) / sizeof(relatives[0]))

/* Whether a trace may tell more than this verdict, be it only where was searched. */
static bool is_linkers(const struct verdict *verdict) {
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

/* Whether it can be that other objects in memory would help. */
static bool may_lack_company(const struct verdict *verdict) {
	return verdict->reason == DLTEST_REASON_MISSING_DEPENDENCY ||
	       verdict->reason == DLTEST_REASON_UNDEFINED_SYMBOL ||
	       verdict->reason == DLTEST_REASON_MISSING_VERSION ||
	       verdict->reason == DLTEST_REASON_CRASHED;
}

static bool plan_versions(struct secondlook *look) {
	if (look->round >= look->providers.count)
		return false;
	look->plan.path = look->providers.items[look->round];
	look->plan.flags = LOADER_JOB_VERSIONS;
	return true;
}

static bool search_company(struct secondlook *look) {
	if (add_all(&look->library_path, &look->company) < 0 ||
		add_all(&look->library_path, &look->question->request->library_path) < 0)
		return false;
	look->plan.library_path = &look->library_path;
	return true;
}

static bool plan_company(struct secondlook *look) {
	return look->round == 0 && look->company.count > 0 && search_company(look);
}

static bool plan_relatives(struct secondlook *look) {
	if (look->round > 0 || look->first.reason == DLTEST_REASON_MISSING_DEPENDENCY)
		return false;
	for (size_t i = 0; i < RELATIVES_COUNT; i++) {
		if (strv_add(&look->preload, relatives[i]) < 0)
			return false;
	}
	look->plan.preload = &look->preload;
	return true;
}

static bool plan_one_relative(struct secondlook *look) {
	if (!look->relatives_help || look->round >= RELATIVES_COUNT)
		return false;
	if (strv_add(&look->preload, relatives[look->round]) < 0)
		return false;
	look->plan.preload = &look->preload;
	return true;
}

/* The need of this round or the next that is to be tried. The required ones come first, so that
 * what hangs among the others does not take their time. */
static const struct softneed *find_need(struct secondlook *look) {
	size_t count = look->needs.count;
	size_t end = look->question->request->details ? 2 * count : count;

	for (; look->round < end; look->round++) {
		const struct softneed *need = &look->needs.items[look->round % count];

		if ((need->priority == SOFTNEEDS_REQUIRED) == (look->round < count))
			return need;
	}
	return NULL;
}

static void judge_need(
	struct secondlook *look, const struct softneed *need, const struct verdict *trial) {
	int r = softneeds_apply(
		need, trial, look->question->path, look->question->request->details, &look->first);

	if (r > 0)
		look->failed++;
	if (r < 0)
		verdict_lower(&look->first, VERDICT_WORTH_NEVER);
	look->round++;
}

/* What was not tried is no reason for the library to fail. */
static void pass_over_need(struct secondlook *look, const struct softneed *need) {
	const struct verdict untried = {.reason = DLTEST_REASON_NO_VERDICT};

	judge_need(look, need, &untried);
}

static bool plan_soft_need(struct secondlook *look) {
	const struct softneed *need;

	while ((need = find_need(look))) {
		if (strv_add_all(&look->preload, &need->names) == 0 &&
			(!look->in_company || search_company(look)))
			break;
		strv_fini(&look->preload);
		pass_over_need(look, need);
	}
	look->plan.preload = &look->preload;
	look->plan.flags = LOADER_JOB_SOFT_NEED;
	return need != NULL;
}

/* Sets up the present step; false if there is nothing to do in it, or no more. */
static bool plan_step(struct secondlook *look) {
	look->plan =
		(struct secondlook_plan){.path = look->question->path, .timeout_ms = look->left_ms};
	strv_fini(&look->library_path);
	strv_fini(&look->preload);
	switch (look->step) {
	case STEP_TRACE:
		return look->round == 0;
	case STEP_VERSIONS:
		return plan_versions(look);
	case STEP_COMPANY:
		return plan_company(look);
	case STEP_RELATIVES:
		return plan_relatives(look);
	case STEP_ONE_RELATIVE:
		return plan_one_relative(look);
	case STEP_SOFT_NEEDS:
		return plan_soft_need(look);
	case STEP_COUNT_:
		return false;
	}
	return false;
}

/* Ends the look at needs: those for which there was no time, and how many failed. */
static void finish_needs(struct secondlook *look) {
	const struct softneed *need;

	while (look->step == STEP_SOFT_NEEDS && (need = find_need(look)))
		pass_over_need(look, need);
	if (look->failed < 2)
		return;
	size_t more = look->failed - 1;
	/* Without memory for it, the first must do. */
	(void)verdict_add_remark(&look->first, "%zu more %s missing", more,
		more == 1 ? "library is" : "libraries are");
}

static enum secondlook_act finish(struct secondlook *look, struct verdict *verdict) {
	if (look->needs.count > 0)
		finish_needs(look);
	*verdict = verdict_steal(&look->first);
	return SECONDLOOK_DONE;
}

/* Before which step the look ends. */
static enum step end_of(const struct secondlook *look) {
	if (look->step == STEP_SOFT_NEEDS)
		return STEP_COUNT_;
	/* --bare wants the diagnosis, and no other load. */
	if (look->question->request->bare || !may_lack_company(&look->first))
		return STEP_COMPANY;
	return STEP_SOFT_NEEDS;
}

/* The next thing to be done. */
static enum secondlook_act proceed(struct secondlook *look, struct verdict *verdict) {
	const enum step end = end_of(look);

	while (look->step < end && look->left_ms >= LEFT_MIN_MS) {
		if (plan_step(look))
			return look->step == STEP_TRACE ? SECONDLOOK_TRACE : SECONDLOOK_LOAD;
		look->step++;
		look->round = 0;
	}
	if (look->step < end)
		verdict_lower(
			&look->first, VERDICT_WORTH_NEVER); /* there was no time for all looks */
	return finish(look, verdict);
}

static void spend(struct secondlook *look, uint64_t elapsed_us) {
	uint64_t elapsed_ms = (elapsed_us + 999) / 1000;

	look->left_ms = elapsed_ms < look->left_ms ? look->left_ms - (uint32_t)elapsed_ms : 0;
}

static bool has_required(const struct softneeds *needs) {
	for (size_t i = 0; i < needs->count; i++) {
		if (needs->items[i].priority == SOFTNEEDS_REQUIRED)
			return true;
	}
	return false;
}

/* Whether 'verdict', of a library that loads, tells of needs that are to be tried for 'request'.
 * softneeds_fini() frees them. */
static bool take_needs(
	struct softneeds *ret_needs, const struct request *request, struct verdict *verdict) {
	struct softneeds needs = {0};

	if (softneeds_parse(&verdict->facts, &needs) < 0)
		verdict_lower(verdict, VERDICT_WORTH_NEVER);
	if (needs.count == 0 || (!request->details && !has_required(&needs))) {
		softneeds_fini(&needs);
		return false;
	}
	*ret_needs = needs;
	return true;
}

static enum secondlook_act start(struct secondlook **ret_look, const struct question *question,
	const struct loadenv *env, uint64_t elapsed_us, struct verdict *verdict) {
	struct softneeds needs = {0};
	struct secondlook *look;

	/* Where there is no memory for it, the linker's own words must do. */
	(void)diagnosis_explain(verdict);
	/* Of a file that was not even opened a trace tells nothing. */
	if (question->request->dry_run || verdict->nothing_was_loaded)
		return SECONDLOOK_DONE;
	bool loads = verdict->reason == DLTEST_REASON_NONE;
	if (!(loads ? take_needs(&needs, question->request, verdict) : is_linkers(verdict)))
		return SECONDLOOK_DONE;
	look = calloc(1, sizeof(*look));
	if (!look) {
		softneeds_fini(&needs);
		verdict_lower(verdict, VERDICT_WORTH_NEVER);
		return SECONDLOOK_DONE;
	}
	look->question = question;
	look->needs = needs;
	look->step = loads ? STEP_SOFT_NEEDS : STEP_TRACE;
	look->left_ms = question->request->timeout_ms;
	look->first = verdict_steal(verdict);
	*ret_look = look;
	spend(look, elapsed_us);
	if (!loads && !question->request->bare &&
		company_list(&look->company, env, question->path) < 0)
		strv_fini(&look->company);
	return proceed(look, verdict);
}

/* It loads in the company of its own package: that is the answer, if it has there what it opens by
 * itself. */
static enum secondlook_act take_company(struct secondlook *look, struct verdict *verdict) {
	int r = company_used(&verdict->context, &look->company, &verdict->facts, &look->first.basis,
		look->question->path);

	if (r == 0 && verdict->context.count == 0)
		r = strv_add_all(&verdict->context, &look->company);
	if (r < 0) {
		verdict_fini(verdict);
		return finish(look, verdict);
	}
	verdict_lower(verdict, look->first.worth);
	if (look->first.reason == DLTEST_REASON_CRASHED)
		verdict_lower(verdict, VERDICT_WORTH_IF_REPEATED);
	/* Whether it is still so depends on why it did not load alone, too. */
	verdict->basis = look->first.basis;
	look->first.basis = (struct facts){0};
	if (!take_needs(&look->needs, look->question->request, verdict))
		return SECONDLOOK_DONE;
	verdict_fini(&look->first);
	look->first = verdict_steal(verdict);
	look->in_company = true;
	look->step = STEP_SOFT_NEEDS;
	look->round = 0;
	return proceed(look, verdict);
}

/* What a further load tells about what its outcome rests on. */
static void note_basis(struct secondlook *look, const struct verdict *verdict) {
	switch (dltest_reason_class(verdict->reason)) {
	case DLTEST_REASON_CLASS_LOADS:
		if (facts_append(&look->first.basis, verdict->facts.bytes, verdict->facts.size) < 0)
			facts_fini(&look->first.basis);
		return;
	case DLTEST_REASON_CLASS_PASSING:
		verdict_lower(&look->first, VERDICT_WORTH_NEVER);
		return;
	case DLTEST_REASON_CLASS_PROCESS:
		/* Which may have many causes. */
		verdict_lower(&look->first, VERDICT_WORTH_IF_REPEATED);
		break;
	case DLTEST_REASON_CLASS_PATH:
	case DLTEST_REASON_CLASS_FORM:
	case DLTEST_REASON_CLASS_LINKER:
		break;
	}
	if (look->step == STEP_COMPANY && company_basis(&look->first.basis, &look->company,
						  &look->first.missing, look->question->path) < 0)
		facts_fini(&look->first.basis);
}

/* All together help; keeps them in case that no one does alone. */
static void take_relatives(struct secondlook *look) {
	look->relatives_help = true;
	look->first.loads_with = look->preload;
	look->preload = (struct strv){0};
}

static void take_one_relative(struct secondlook *look) {
	strv_fini(&look->first.loads_with);
	look->first.loads_with = look->preload;
	look->preload = (struct strv){0};
	look->relatives_help = false;
}

/* What was added seems to have kept it from crashing, or it does not crash every time. */
static bool is_to_be_asked_again(const struct secondlook *look) {
	return !look->asked_again && look->left_ms >= LEFT_MIN_MS &&
	       look->first.reason == DLTEST_REASON_CRASHED &&
	       (look->step == STEP_COMPANY || look->step == STEP_RELATIVES);
}

static enum secondlook_act ask_again(struct secondlook *look, struct verdict *verdict) {
	look->helped = verdict_steal(verdict);
	look->again = look->asked_again = true;
	look->plan =
		(struct secondlook_plan){.path = look->question->path, .timeout_ms = look->left_ms};
	return SECONDLOOK_LOAD;
}

/* It loads alone, so that nothing has helped. */
static enum secondlook_act finish_fickle(struct secondlook *look, struct verdict *verdict) {
	verdict_fini(verdict);
	verdict_lower(&look->first, VERDICT_WORTH_NEVER);
	(void)verdict_add_remark(&look->first, "but not when it was tried once more");
	return finish(look, verdict);
}

/* Whether it loads is not known: alone it does not, and in company it could not be tried. */
static enum secondlook_act finish_untried(struct secondlook *look, struct verdict *verdict) {
	verdict_fini(&look->first);
	look->first = verdict_steal(verdict);
	verdict_lower(&look->first, VERDICT_WORTH_NEVER);
	(void)verdict_add_remark(
		&look->first, "it does not load without the directories of its own package");
	return finish(look, verdict);
}

static enum secondlook_act judge_step(struct secondlook *look, struct verdict *verdict) {
	bool loads = verdict->reason == DLTEST_REASON_NONE;
	if (loads && is_to_be_asked_again(look))
		return ask_again(look, verdict);
	if (look->step == STEP_VERSIONS)
		diagnosis_add_versions(&look->first, look->plan.path, &verdict->facts);
	if (look->step == STEP_COMPANY && loads) {
		/* There was no time to ask again. */
		if (look->first.reason == DLTEST_REASON_CRASHED && !look->asked_again)
			verdict_lower(&look->first, VERDICT_WORTH_NEVER);
		return take_company(look, verdict);
	}
	/* Without words it has more directories than can be searched, which is not our failure. */
	if (look->step == STEP_COMPANY && verdict->reason == DLTEST_REASON_NO_VERDICT &&
		verdict->error)
		return finish_untried(look, verdict);
	note_basis(look, verdict);
	if (look->step == STEP_RELATIVES && loads)
		take_relatives(look);
	else if (look->step == STEP_ONE_RELATIVE && loads)
		take_one_relative(look);
	verdict_fini(verdict);
	look->round++;
	return proceed(look, verdict);
}

enum secondlook_act secondlook_judge(struct secondlook **ret_look, const struct question *question,
	const struct loadenv *env, uint64_t elapsed_us, struct verdict *verdict) {
	struct secondlook *look = *ret_look;

	if (!look)
		return start(ret_look, question, env, elapsed_us, verdict);
	spend(look, elapsed_us);
	/* No answer is worth more than what it is made of. */
	verdict_lower(&look->first, verdict->worth);
	if (look->step == STEP_SOFT_NEEDS) {
		judge_need(look, find_need(look), verdict);
		verdict_fini(verdict);
		return proceed(look, verdict);
	}
	if (look->again) {
		look->again = false;
		if (verdict->reason == DLTEST_REASON_NONE)
			return finish_fickle(look, verdict);
		if (verdict->reason != look->first.reason)
			verdict_lower(&look->first, VERDICT_WORTH_NEVER);
		verdict_fini(verdict);
		*verdict = verdict_steal(&look->helped);
	}
	return judge_step(look, verdict);
}

/* A hostile library's symbols can make a trace say anything, at any length. */
static bool is_loadable_path(const char *path) {
	return path[0] == '/' && strlen(path) < DLTEST_PATH_MAX;
}

enum secondlook_act secondlook_traced(struct secondlook *look, const struct tracetext *text,
	uint64_t elapsed_us, struct verdict *verdict) {
	spend(look, elapsed_us);
	look->round++;
	/* Stopped half-way, it has not told all that the verdict rests on, whatever others tell. */
	if (!text || text->failed || text->error)
		verdict_lower(&look->first, VERDICT_WORTH_NEVER);
	if (text && diagnosis_add_trace(&look->first, text) < 0)
		return finish(look, verdict);
	for (size_t i = 0; text && i < text->versions.count; i++) {
		const char *provider = text->versions.items[i].provider;

		if (look->providers.count < PROVIDERS_MAX && is_loadable_path(provider) &&
			strv_add_once(&look->providers, provider) < 0)
			break;
	}
	return proceed(look, verdict);
}

const struct secondlook_plan *secondlook_plan(const struct secondlook *look) {
	return &look->plan;
}

struct secondlook *secondlook_free(struct secondlook *look) {
	if (!look)
		return NULL;
	verdict_fini(&look->first);
	verdict_fini(&look->helped);
	softneeds_fini(&look->needs);
	strv_fini(&look->providers);
	strv_fini(&look->company);
	strv_fini(&look->library_path);
	strv_fini(&look->preload);
	free(look);
	return NULL;
}
