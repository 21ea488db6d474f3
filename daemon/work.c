/* SPDX-License-Identifier: MIT */
#include "work.h"

#include <errno.h>
#include <stdlib.h>

#include "envs.h"
#include "job.h"
#include "loads.h"
#include "memory.h"
#include "request.h"
#include "secondlook.h"
#include "verdict.h"

struct work {
	struct work_config config;
};

int work_new(const struct work_config *config, struct work **ret_work) {
	struct work *work = calloc(1, sizeof(*work));

	if (!work)
		return -ENOMEM;
	work->config = *config;
	*ret_work = work;
	return 0;
}

struct work *work_free(struct work *work) {
	free(work);
	return NULL;
}

bool work_recall(struct work *work, const struct job *job, struct verdict *ret_verdict) {
	const struct request *request = job->question.request;

	return !request->fresh && !request->dry_run &&
	       memory_recall(work->config.memory, env_loadenv(job->env), request,
		       job->question.path, job->arrival, ret_verdict);
}

void work_begin(struct job *job) {
	job->start = moment_now();
	job->attempt = (struct attempt){
		.question = &job->question,
		.env = job->env,
		.path = job->question.path,
		.timeout_ms = job->question.request->timeout_ms,
	};
}

bool work_has_begun(const struct job *job) {
	return job->attempt.env != NULL;
}

/* Back to the environment of the job itself. */
static void leave_env(struct work *work, struct job *job) {
	struct env *env = job->attempt.env;

	job->attempt.env = job->env;
	if (!env || env == job->env)
		return;
	loads_put_env(work->config.loads, env);
}

void work_leave(struct work *work, struct job *job) {
	if (!work_has_begun(job))
		return;
	leave_env(work, job);
	job->look = secondlook_free(job->look);
}

static enum work_next finish(struct work *work, struct job *job, const struct verdict *verdict) {
	work_leave(work, job);
	const struct memory_load load = {
		.env = env_loadenv(job->env),
		.mapped = env_mapped(job->env),
		.start = job->start,
	};
	if (!job->question.request->dry_run && load.mapped)
		memory_keep(work->config.memory, &load, job->question.request, job->question.path,
			verdict);
	return WORK_DONE;
}

/* Sets up the attempt that the second look wants. */
static int plan_attempt(struct work *work, struct job *job, bool traces) {
	const struct secondlook_plan *plan = secondlook_plan(job->look);
	struct attempt *attempt = &job->attempt;

	leave_env(work, job);
	*attempt = (struct attempt){
		.question = &job->question,
		.env = job->env,
		.path = traces ? job->question.path : plan->path,
		.preload = traces ? NULL : plan->preload,
		.flags = traces ? 0 : plan->flags,
		.timeout_ms = plan->timeout_ms,
		.traces = traces,
	};
	job->failures = 0;
	if (traces || !plan->library_path)
		return 0;
	int r = loads_get_env(work->config.loads, plan->library_path, &job->question.request->roots,
		LOADS_USER_SECOND_LOOK, &attempt->env);
	if (r)
		attempt->env = job->env;
	return r;
}

/* Sets up what the second look wants, until that is an attempt or nothing more. What cannot be set
 * up is as if nothing had come of it. */
static enum work_next go_on(
	struct work *work, struct job *job, enum secondlook_act act, struct verdict *verdict) {
	for (;;) {
		switch (act) {
		case SECONDLOOK_DONE:
			return finish(work, job, verdict);
		case SECONDLOOK_TRACE:
			plan_attempt(work, job, true);
			return WORK_ATTEMPT;
		case SECONDLOOK_LOAD:
			if (plan_attempt(work, job, false) == 0)
				return WORK_ATTEMPT;
			*verdict = (struct verdict){.reason = DLTEST_REASON_NO_VERDICT};
			act = secondlook_judge(&job->look, &job->question, NULL, 0, verdict);
			break;
		}
	}
}

enum work_next work_take_verdict(
	struct work *work, struct job *job, uint64_t elapsed_us, struct verdict *verdict) {
	/* That there was a load in it is no reason to believe in its loader. */
	if (job->attempt.env != job->env && !env_is_same(job->attempt.env))
		verdict_lower(verdict, VERDICT_WORTH_NEVER);
	enum secondlook_act act = secondlook_judge(
		&job->look, &job->question, env_loadenv(job->env), elapsed_us, verdict);

	return go_on(work, job, act, verdict);
}

enum work_next work_take_trace(struct work *work, struct job *job, const struct tracetext *text,
	uint64_t elapsed_us, struct verdict *ret_verdict) {
	*ret_verdict = (struct verdict){0};

	enum secondlook_act act = secondlook_traced(job->look, text, elapsed_us, ret_verdict);
	return go_on(work, job, act, ret_verdict);
}
