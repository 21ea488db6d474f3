/* SPDX-License-Identifier: MIT */
#include "work.h"

#include <errno.h>
#include <stdlib.h>

#include "inflight.h"
#include "job.h"
#include "memory.h"
#include "pool.h"
#include "pool_env.h"
#include "request.h"
#include "secondlook.h"
#include "verdict.h"

struct work {
	struct work_config config;
	struct inflight *inflight;
};

int work_new(const struct work_config *config, struct work **ret_work) {
	struct work *work = calloc(1, sizeof(*work));

	if (!work || !(work->inflight = inflight_new())) {
		free(work);
		return -ENOMEM;
	}
	work->config = *config;
	*ret_work = work;
	return 0;
}

struct work *work_free(struct work *work) {
	if (!work)
		return NULL;
	inflight_free(work->inflight);
	free(work);
	return NULL;
}

/* Back to the environment of the job itself. */
static void leave_env(struct work *work, struct job *job) {
	if (job->attempt.env && job->attempt.env != job->env) {
		/* That there was a load in it is no reason to believe in its loader. */
		if (!pool_env_is_same(job->attempt.env))
			job->doubtful = true;
		pool_put_env(work->config.pool, job->attempt.env);
	}
	job->attempt.env = job->env;
}

/* Lets those that waited for a job go on: what it left in memory will do, or they are loaded. */
static void release(struct work *work, struct job *follower) {
	while (follower) {
		struct job *next = inflight_next(follower);

		follower->alone = true;
		pool_resume(work->config.pool, follower);
		follower = next;
	}
}

static void finish(struct work *work, struct job *job, struct verdict *verdict) {
	leave_env(work, job);
	const struct memory_load load = {.env = pool_env_loadenv(job->env),
		.mapped = pool_env_mapped(job->env),
		.start = job->start};
	if (!job->request->dry_run && load.mapped && !job->doubtful)
		memory_keep(work->config.memory, &load, job->request, job->path, verdict);
	job->look = secondlook_free(job->look);
	struct job *follower = inflight_leave(work->inflight, job);
	/* It may be freed in the call, and others of its owner with it. */
	release(work, follower);
	job->done(job, verdict);
}

/* Sets up the load that the second look wants. */
static int plan_load(struct work *work, struct job *job) {
	const struct secondlook_plan *plan = secondlook_plan(job->look);

	leave_env(work, job);
	if (plan->library_path) {
		int r = pool_get_env(work->config.pool, plan->library_path, &job->request->roots,
			false, &job->attempt.env);
		if (r) {
			job->attempt.env = job->env;
			return r;
		}
	}
	job->attempt.path = plan->path;
	job->attempt.preload = plan->preload;
	job->attempt.flags = plan->flags;
	job->attempt.timeout_ms = plan->timeout_ms;
	job->failures = 0;
	return 0;
}

static void go_on(
	struct work *work, struct job *job, enum secondlook_act act, struct verdict *verdict);

static int start_trace(struct work *work, struct job *job) {
	leave_env(work, job);
	job->attempt.path = job->path;
	job->attempt.timeout_ms = secondlook_plan(job->look)->timeout_ms;
	return pool_trace(work->config.pool, job);
}

/* Does what the second look wants, or tells the job's owner that there is no more to do. What
 * cannot be done is as if nothing had come of it. */
static void go_on(
	struct work *work, struct job *job, enum secondlook_act act, struct verdict *verdict) {
	for (;;) {
		switch (act) {
		case SECONDLOOK_DONE:
			finish(work, job, verdict);
			return;
		case SECONDLOOK_TRACE:
			if (start_trace(work, job) == 0)
				return;
			act = secondlook_traced(job->look, NULL, 0, verdict);
			break;
		case SECONDLOOK_LOAD:
			if (plan_load(work, job) == 0) {
				pool_resume(work->config.pool, job);
				return;
			}
			*verdict = (struct verdict){
				.reason = DLTEST_REASON_NO_VERDICT, .exit_status = -1};
			act = secondlook_judge(&job->look, job, NULL, 0, verdict);
			break;
		}
	}
}

uint64_t work_new_request(struct work *work) {
	return memory_new_request(work->config.memory);
}

static bool recall(struct work *work, struct job *job) {
	struct verdict verdict;

	if (job->request->fresh || job->request->dry_run ||
		!memory_recall(work->config.memory, pool_env_loadenv(job->env), job->request,
			job->path, job->arrival, &verdict))
		return false;
	job->done(job, &verdict);
	return true;
}

bool work_begin(struct work *work, struct job *job) {
	/* It goes on, or has failed to. */
	if (job->work)
		return true;
	if (recall(work, job) || inflight_join(work->inflight, job))
		return false;
	job->work = work;
	job->doubtful = false;
	job->start = moment_now();
	job->attempt = (struct attempt){
		.env = job->env, .path = job->path, .timeout_ms = job->request->timeout_ms};
	return true;
}

void work_judge(struct work *work, struct job *job, struct verdict *verdict, uint64_t elapsed_us) {
	enum secondlook_act act =
		secondlook_judge(&job->look, job, pool_env_loadenv(job->env), elapsed_us, verdict);

	go_on(work, job, act, verdict);
}

void work_traced(
	struct work *work, struct job *job, const struct tracetext *text, uint64_t elapsed_us) {
	struct verdict verdict = {.exit_status = -1};
	enum secondlook_act act = secondlook_traced(job->look, text, elapsed_us, &verdict);

	go_on(work, job, act, &verdict);
}

void work_on_idle(struct work *work) {
	memory_settle(work->config.memory);
}

void work_on_slow(struct work *work, struct job *job) {
	release(work, inflight_leave(work->inflight, job));
}

void work_cancel(struct work *work, struct job *job) {
	pool_cancel(work->config.pool, job);
	leave_env(work, job);
	job->look = secondlook_free(job->look);
	release(work, inflight_leave(work->inflight, job));
}
