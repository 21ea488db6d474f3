/* SPDX-License-Identifier: MIT */
#include "secondlook.h"

#include <stdlib.h>

#include "diagnosis.h"
#include "ending.h"
#include "failurelook.h"
#include "foreign.h"
#include "hostlook.h"
#include "inquiry.h"
#include "loader_abi.h"
#include "nearby.h"
#include "needlook.h"
#include "request.h"
#include "sight.h"

/* Paths without an answer that are told of. */
#define TOLD_MAX 4
/* What hangs has had its time. What it was refused before, it was refused soon. */
#define HANG_AGAIN_MS 100

struct secondlook {
	struct inquiry inquiry;
	struct failurelook *failure; /* NULL while the library is not known to have failed */
	struct hostlook *hosts;	     /* NULL until it is known to lack symbols */
	struct needlook *softneeds;  /* NULL until the library has loaded, and for one without */
	bool definers_sought;	     /* true: a look for who has a symbol has been planned */
	bool seeks_definers;	     /* true: and is what comes next */
	bool explained;		     /* true: a load that was to explain its end has been planned */
	bool explains;		     /* true: and is what comes next */
	enum secondlook_act looks_for; /* what the present look at files is for: SECONDLOOK_DONE:
					* the answer; else the next load */
};

struct secondlook *secondlook_new(const struct question *question, const struct loadenv *env) {
	struct secondlook *look = calloc(1, sizeof(*look));

	if (!look)
		return NULL;
	look->inquiry.question = *question;
	look->inquiry.env = env;
	look->inquiry.left_ms = question->request->timeout_ms;
	return look;
}

static enum secondlook_act begin_softneeds(struct secondlook *look) {
	if (needlook_new(&look->inquiry, &look->softneeds) < 0)
		verdict_lower(&look->inquiry.answer, VERDICT_WORTH_NEVER);
	return look->softneeds ? needlook_next(look->softneeds) : SECONDLOOK_DONE;
}

static enum secondlook_act begin_failure(struct secondlook *look) {
	look->inquiry.sight = sight_new();
	if (failurelook_new(&look->inquiry, &look->failure) < 0) {
		verdict_lower(&look->inquiry.answer, VERDICT_WORTH_NEVER);
		return SECONDLOOK_DONE;
	}
	return failurelook_next(look->failure);
}

/* Judges the first load. */
static enum secondlook_act begin(struct secondlook *look, struct verdict *verdict) {
	struct verdict *answer = &look->inquiry.answer;

	*answer = verdict_steal(verdict);
	/* Where there is no memory for it, the linker's own words must do. */
	(void)diagnosis_explain(answer);
	/* Of a file that was not even opened a trace tells nothing. */
	if (look->inquiry.question.request->dry_run || answer->nothing_was_loaded)
		return SECONDLOOK_DONE;
	if (answer->reason == DLTEST_REASON_NONE)
		return begin_softneeds(look);
	return failurelook_applies(answer) ? begin_failure(look) : SECONDLOOK_DONE;
}

/* What nobody has answered may be what the library lacks. */
static void tell_unanswered(struct secondlook *look) {
	struct verdict *answer = &look->inquiry.answer;
	cleanup_strv struct strv paths = {0};

	(void)sight_list_unanswered(look->inquiry.sight, &paths);
	if (paths.count == 0)
		return;
	verdict_lower(answer, VERDICT_WORTH_NEVER);
	for (size_t i = 0; i < paths.count && i < TOLD_MAX; i++)
		verdict_warn_of_silence(answer, paths.items[i]);
}

static enum secondlook_act begin_hosts(struct secondlook *look) {
	if (hostlook_new(&look->inquiry, look->failure, &look->hosts) < 0)
		verdict_lower(&look->inquiry.answer, VERDICT_WORTH_NEVER);
	return look->hosts ? hostlook_next(look->hosts) : SECONDLOOK_DONE;
}

/* A library that loads with its host has that for what it opens by itself, too. */
static enum secondlook_act with_host(struct secondlook *look, enum secondlook_act act) {
	if (act == SECONDLOOK_LOAD && look->softneeds && look->hosts)
		hostlook_plan_again(look->hosts);
	return act;
}

/* Symbols whose definers are sought. */
#define SOUGHT_MAX 4

/* Plans a look through the library's own directories, for who has what it lacks. */
static enum secondlook_act begin_definers(struct secondlook *look) {
	struct inquiry *inquiry = &look->inquiry;
	const struct verdict *answer = &inquiry->answer;
	int r = 0;

	look->definers_sought = true;
	if (inquiry->company.count == 0 || answer->loads_with.count > 0 || answer->host ||
		!inquiry_has_time(inquiry))
		return SECONDLOOK_DONE;
	inquiry_plan(inquiry);
	for (size_t i = 0; i < inquiry->company.count && r == 0; i++)
		r = inquiry_plan_text(inquiry, LOADER_SURVEY_DIRECTORY, inquiry->company.items[i]);
	for (size_t i = 0; i < answer->needs.count && i < SOUGHT_MAX && r == 0; i++)
		r = inquiry_plan_text(inquiry, LOADER_SURVEY_SYMBOL, answer->needs.items[i].name);
	if (r < 0 || answer->needs.count == 0)
		return SECONDLOOK_DONE;
	inquiry->plan.flags = LOADER_JOB_SURVEY;
	look->seeks_definers = true;
	return SECONDLOOK_LOAD;
}

/* Plans the load that the answer is about once more, to have its end explained. */
static enum secondlook_act begin_explanation(struct secondlook *look) {
	struct inquiry *inquiry = &look->inquiry;
	bool hangs = inquiry->answer.reason == DLTEST_REASON_TIMED_OUT;

	look->explained = true;
	/* What hung after it had been looked at had its time then. */
	if (hangs ? look->failure != NULL : !inquiry_has_time(inquiry))
		return SECONDLOOK_DONE;
	inquiry_plan(inquiry);
	if (look->hosts)
		hostlook_plan_again(look->hosts);
	else if (look->failure && failurelook_is_in_company(look->failure) &&
		 inquiry_plan_company(inquiry) < 0)
		return SECONDLOOK_DONE;
	inquiry->plan.flags |= LOADER_JOB_EXPLAIN;
	if (hangs)
		inquiry->plan.timeout_ms = HANG_AGAIN_MS;
	look->explains = true;
	return SECONDLOOK_LOAD;
}

/* What comes after 'act', which one of the looks or none wants. In company a library that does not
 * load alone has what it opens by itself, or not. */
static struct secondlook_next next(struct secondlook *look, enum secondlook_act act) {
	struct verdict *answer = &look->inquiry.answer;

	if (act == SECONDLOOK_DONE && look->failure && !look->hosts &&
		hostlook_applies(&look->inquiry))
		act = begin_hosts(look);
	if (act == SECONDLOOK_DONE && look->failure && !look->softneeds &&
		answer->reason == DLTEST_REASON_NONE)
		act = begin_softneeds(look);
	act = with_host(look, act);
	if (act == SECONDLOOK_DONE && !look->definers_sought &&
		answer->reason == DLTEST_REASON_UNDEFINED_SYMBOL)
		act = begin_definers(look);
	if (act == SECONDLOOK_DONE && !look->explained && ending_is_explicable(answer))
		act = begin_explanation(look);
	look->looks_for = act;
	if (act == SECONDLOOK_DONE) {
		foreign_name(
			answer, look->inquiry.env, &look->inquiry.company, look->inquiry.sight);
		if (sight_is_waiting(look->inquiry.sight))
			act = SECONDLOOK_LOOK;
	}
	if (act == SECONDLOOK_LOOK)
		return (struct secondlook_next){.act = act, .sight = look->inquiry.sight};
	if (act == SECONDLOOK_FIND)
		return (struct secondlook_next){.act = act, .query = hostlook_query(look->hosts)};
	if (act == SECONDLOOK_DONE) {
		nearby_tell_variant(answer, look->inquiry.sight);
		ending_tell(answer);
		tell_unanswered(look);
		return (struct secondlook_next){.act = act, .verdict = verdict_steal(answer)};
	}
	return (struct secondlook_next){.act = act, .plan = look->inquiry.plan};
}

static struct secondlook_next answer_without_look(struct verdict *verdict) {
	(void)diagnosis_explain(verdict);
	ending_tell(verdict);
	verdict_lower(verdict, VERDICT_WORTH_NEVER);
	return (struct secondlook_next){.act = SECONDLOOK_DONE, .verdict = verdict_steal(verdict)};
}

struct secondlook_next secondlook_judge(
	struct secondlook *look, uint64_t elapsed_us, struct verdict *verdict) {
	enum secondlook_act act;

	if (!look)
		return answer_without_look(verdict);
	inquiry_spend(&look->inquiry, elapsed_us);
	if (look->seeks_definers) {
		look->seeks_definers = false;
		nearby_tell_definer(&look->inquiry.answer, &verdict->facts);
		verdict_fini(verdict);
		return next(look, SECONDLOOK_DONE);
	}
	if (look->explains) {
		look->explains = false;
		ending_take(&look->inquiry.answer, verdict);
		verdict_fini(verdict);
		return next(look, SECONDLOOK_DONE);
	}
	/* No answer is worth more than what it is made of. */
	verdict_lower(&look->inquiry.answer, verdict->worth);
	if (look->softneeds)
		act = needlook_judge(look->softneeds, verdict);
	else if (look->hosts)
		act = hostlook_judge(look->hosts, verdict);
	else if (look->failure)
		act = failurelook_judge(look->failure, verdict);
	else
		act = begin(look, verdict);
	verdict_fini(verdict);
	return next(look, act);
}

struct secondlook_next secondlook_traced(
	struct secondlook *look, uint64_t elapsed_us, const struct tracetext *text) {
	inquiry_spend(&look->inquiry, elapsed_us);
	return next(look, look->hosts ? hostlook_traced(look->hosts, text)
				      : failurelook_traced(look->failure, text));
}

struct secondlook_next secondlook_found(struct secondlook *look, struct hostfinding *finding) {
	return next(look, hostlook_found(look->hosts, finding));
}

struct secondlook_next secondlook_looked(struct secondlook *look) {
	if (look->looks_for == SECONDLOOK_DONE)
		return next(look, SECONDLOOK_DONE);
	return next(look, failurelook_next(look->failure));
}

struct secondlook *secondlook_free(struct secondlook *look) {
	if (!look)
		return NULL;
	failurelook_free(look->failure);
	needlook_free(look->softneeds);
	hostlook_free(look->hosts);
	inquiry_fini(&look->inquiry);
	free(look);
	return NULL;
}
