/* SPDX-License-Identifier: MIT */
#include "work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	job->look = secondlook_new(&job->question, env_loadenv(job->env));
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
		.round = job->arrival,
	};
	if (!job->question.request->dry_run && load.mapped)
		memory_keep(work->config.memory, &load, job->question.request, job->question.path,
			verdict);
	return WORK_DONE;
}

/* Sets up the attempt that the second look has planned. */
static int plan_attempt(struct work *work, struct job *job, const struct secondlook_next *next) {
	const struct secondlook_plan *plan = &next->plan;
	struct attempt *attempt = &job->attempt;

	leave_env(work, job);
	*attempt = (struct attempt){
		.question = &job->question,
		.env = job->env,
		.path = plan->path,
		.preload = plan->preload,
		.flags = plan->flags,
		.timeout_ms = plan->timeout_ms,
		.traces = next->act == SECONDLOOK_TRACE,
	};
	job->failures = 0;
	if (!plan->library_path)
		return 0;
	int r = loads_get_env(work->config.loads, plan->library_path, &job->question.request->roots,
		LOADS_USER_SECOND_LOOK, &attempt->env);
	if (r)
		attempt->env = job->env;
	return r;
}

/* The outcome of a load that could not be planned for 'r'. Without words the load is wanting for
 * what was asked: more directories than can be searched. */
static struct verdict make_untried(int r) {
	struct verdict untried;

	if (r < 0 && verdict_make(DLTEST_REASON_NO_VERDICT, strerror(-r), &untried) == 0)
		return untried;
	return (struct verdict){.reason = DLTEST_REASON_NO_VERDICT};
}

/* Sets up what the second look wants, until that is an attempt or nothing more. What cannot be set
 * up is as if nothing had come of it. */
static enum work_next go_on(struct work *work, struct job *job, struct secondlook_next next,
	struct verdict *ret_verdict) {
	int r;

	while (next.act != SECONDLOOK_DONE && (r = plan_attempt(work, job, &next)) != 0) {
		struct verdict untried = make_untried(r);

		next = secondlook_judge(job->look, 0, &untried);
	}
	if (next.act != SECONDLOOK_DONE)
		return WORK_ATTEMPT;
	*ret_verdict = next.verdict;
	return finish(work, job, ret_verdict);
}

enum work_next work_take_verdict(
	struct work *work, struct job *job, uint64_t elapsed_us, struct verdict *verdict) {
	/* That there was a load in it is no reason to believe in its loader. */
	if (job->attempt.env != job->env && !env_is_same(job->attempt.env))
		verdict_lower(verdict, VERDICT_WORTH_NEVER);
	return go_on(work, job, secondlook_judge(job->look, elapsed_us, verdict), verdict);
}

enum work_next work_take_trace(struct work *work, struct job *job, const struct tracetext *text,
	uint64_t elapsed_us, struct verdict *ret_verdict) {
	return go_on(work, job, secondlook_traced(job->look, elapsed_us, text), ret_verdict);
}
