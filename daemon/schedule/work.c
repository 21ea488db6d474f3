/* SPDX-License-Identifier: MIT */
#include "work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/utf8.h>

#include "batch.h"
#include "envs.h"
#include "job.h"
#include "libcs.h"
#include "loadenv.h"
#include "loads.h"
#include "memory.h"
#include "request.h"
#include "secondlook.h"
#include "sight.h"
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

	/* It may rest on what nobody has answered. */
	if (env_loadenv(job->env)->left_out.count > 0)
		return false;
	return !request->fresh && !request->dry_run &&
	       memory_recall(work->config.memory, env_loadenv(job->env), request,
		       job->question.path, job->arrival, ret_verdict);
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

static void leave(struct work *work, struct job *job) {
	job->sight = sight_free(job->sight);
	job->waits = NULL;
	job->query = NULL;
	if (!work_has_begun(job))
		return;
	leave_env(work, job);
	job->look = secondlook_free(job->look);
}

/* Back to the environment of the batch. */
static void move_back(struct work *work, struct job *job) {
	if (!job_has_moved(job))
		return;
	loads_put_env(work->config.loads, job->env);
	job->env = job->batch->env;
	if (work_has_begun(job))
		job->attempt.env = job->env;
	job->libc = JOB_ASKED;
}

void work_leave(struct work *work, struct job *job) {
	leave(work, job);
	move_back(work, job);
}

/* Has the verdict on the library of 'job' remembered. Of one that was moved for what it needs
 * nobody knows all that the first C library lacked. */
static void keep(struct work *work, struct job *job, const struct verdict *verdict) {
	struct env *first = job->libc == JOB_MOVED ? job->batch->env : NULL;
	const struct memory_load load = {
		.env = env_loadenv(job->env),
		.mapped = env_mapped(job->env),
		.first_env = first ? env_loadenv(first) : NULL,
		.first_mapped = first ? env_mapped(first) : NULL,
		.start = job->start,
		.round = job->arrival,
	};

	if (job->question.request->dry_run || job->libc == JOB_MOVED_FOR_NEED || !load.mapped ||
		(first && !load.first_mapped))
		return;
	memory_keep(work->config.memory, &load, job->question.request, job->question.path, verdict);
}

static enum work_next finish(struct work *work, struct job *job, struct verdict *verdict) {
	const struct strv *left_out = &env_loadenv(job->env)->left_out;

	leave(work, job);
	if (left_out->count > 0)
		verdict_lower(verdict, VERDICT_WORTH_NEVER);
	for (size_t i = 0; i < left_out->count; i++)
		verdict_warn_of_silence(verdict, left_out->items[i]);
	keep(work, job, verdict);
	move_back(work, job);
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
		.host = plan->host,
		.companions = plan->companions,
		.flags = plan->flags,
		.timeout_ms = plan->timeout_ms,
		.traces = next->act == SECONDLOOK_TRACE,
	};
	job->failures = 0;
	job->is_first = false;
	if (!plan->library_path)
		return 0;
	if (!job->sight)
		job->sight = sight_new();
	int r = loads_get_env(work->config.loads, env_loadenv(job->env)->loader, plan->library_path,
		job->question.request, LOADS_USER_SECOND_LOOK, job->sight, &attempt->env);
	if (r)
		attempt->env = job->env;
	return r;
}

/* Has 'job' wait for what 'sight' wants, before it comes to what is next. */
static enum work_next wait_for(
	struct job *job, struct sight *sight, const struct secondlook_next *next) {
	job->next = *next;
	job->waits = sight;
	return WORK_LOOK;
}

/* The outcome of a load that could not be planned for 'r'. Without words the load is wanting for
 * what was asked: more directories than can be searched. */
static struct verdict make_untried(int r) {
	struct verdict untried;

	if (r < 0 && verdict_make(DLTEST_REASON_NO_VERDICT, strerror(-r), &untried) == 0)
		return untried;
	return (struct verdict){.reason = DLTEST_REASON_NO_VERDICT};
}

static void set_up_first(struct job *job) {
	job->start = moment_now();
	job->failures = 0;
	job->is_first = true;
	if (job->question.request->within_ms > 0)
		job->stamp = stamp_take(job->question.path);
	job->attempt = (struct attempt){
		.question = &job->question,
		.env = job->env,
		.path = job->question.path,
		.timeout_ms = job->question.request->timeout_ms,
	};
	job->look = secondlook_new(&job->question, env_loadenv(job->env));
}

/* Looks at what the load of 'job' opens first, if that lies where it may not answer. Returns 0, or
 * -EREMOTE if somebody has to look; *ret_silent is what does not answer, or NULL. */
static int look_ahead(struct job *job, const char **ret_silent) {
	const struct strv *preload = &job->question.request->preload;
	struct stat status;

	*ret_silent = NULL;
	if (!job->sight)
		job->sight = sight_new();
	for (size_t i = 0; i <= preload->count; i++) {
		const char *path = i < preload->count ? preload->items[i] : job->question.path;

		if (path[0] == '/' && sight_stat(job->sight, path, &status) == -ETIMEDOUT)
			*ret_silent = path;
	}
	return sight_is_waiting(job->sight) ? -EREMOTE : 0;
}

/* The verdict on a library that cannot be had without what lies at 'path'. */
static struct verdict make_silent(const char *path) {
	cleanup_free char *shown = dltest_utf8_repair(path, strlen(path)), *error = NULL;
	struct verdict verdict;

	if (shown && asprintf(&error, "%s: the file system there does not answer", shown) < 0)
		error = NULL;
	if (error && verdict_make(DLTEST_REASON_NO_VERDICT, error, &verdict) == 0)
		return verdict;
	return (struct verdict){.reason = DLTEST_REASON_NO_VERDICT};
}

enum work_next work_begin(struct work *work, struct job *job, struct verdict *ret_verdict) {
	const struct secondlook_next look = {.act = SECONDLOOK_LOOK};
	const char *silent;

	if (look_ahead(job, &silent) == -EREMOTE)
		return wait_for(job, job->sight, &look);
	job->sight = sight_free(job->sight);
	if (silent) {
		*ret_verdict = make_silent(silent);
		return finish(work, job, ret_verdict);
	}
	set_up_first(job);
	return WORK_ATTEMPT;
}

/* Sets up what the second look wants, until that is an attempt or nothing more. What cannot be set
 * up is as if nothing had come of it. */
static enum work_next go_on(struct work *work, struct job *job, struct secondlook_next next,
	struct verdict *ret_verdict) {
	while (next.act != SECONDLOOK_DONE) {
		struct verdict untried;
		int r;

		if (next.act == SECONDLOOK_LOOK)
			return wait_for(job, next.sight, &next);
		if (next.act == SECONDLOOK_FIND) {
			job->query = next.query;
			return WORK_FIND;
		}
		r = plan_attempt(work, job, &next);
		if (r == -EREMOTE)
			return wait_for(job, job->sight, &next);
		job->sight = sight_free(job->sight);
		if (r == 0)
			return WORK_ATTEMPT;
		untried = make_untried(r);
		next = secondlook_judge(job->look, 0, &untried);
	}
	*ret_verdict = next.verdict;
	return finish(work, job, ret_verdict);
}

/* Has 'job' begin anew in the environment of 'loader', which is for its library's C library. */
static enum work_next move(struct work *work, struct job *job, const struct loader *loader,
	struct verdict *ret_verdict) {
	const struct secondlook_next look = {.act = SECONDLOOK_LOOK};
	const struct request *request = job->question.request;
	struct env *env;

	if (!job->sight)
		job->sight = sight_new();
	int r = loads_get_env(work->config.loads, loader, &request->library_path, request,
		LOADS_USER_CALL, job->sight, &env);
	job->moving = r == -EREMOTE ? loader : NULL;
	if (r == -EREMOTE)
		return wait_for(job, job->sight, &look);
	leave(work, job);
	if (r != 0) {
		*ret_verdict = make_untried(r);
		return finish(work, job, ret_verdict);
	}
	job->env = env;
	job->libc = job->moving_as;
	/* What it was found to be for counts too. */
	const struct moment start = job->start;
	set_up_first(job);
	job->start = start;
	return WORK_ATTEMPT;
}

enum work_next work_looked(struct work *work, struct job *job, struct verdict *ret_verdict) {
	const struct secondlook_next next = job->next;

	job->waits = NULL;
	if (job->moving)
		return move(work, job, job->moving, ret_verdict);
	if (!work_has_begun(job))
		return work_begin(work, job, ret_verdict);
	return go_on(work, job, next.act == SECONDLOOK_LOOK ? secondlook_looked(job->look) : next,
		ret_verdict);
}

enum work_next work_found(struct work *work, struct job *job, struct hostfinding *finding,
	struct verdict *ret_verdict) {
	job->query = NULL;
	return go_on(work, job, secondlook_found(job->look, finding), ret_verdict);
}

enum work_next work_take_verdict(
	struct work *work, struct job *job, uint64_t elapsed_us, struct verdict *verdict) {
	const struct loader *other = libcs_find_other(work->config.loaders, job, verdict);

	if (other) {
		job->moving_as = verdict->reason == DLTEST_REASON_WRONG_PLATFORM
					 ? JOB_MOVED
					 : JOB_MOVED_FOR_NEED;
		verdict_fini(verdict);
		return move(work, job, other, verdict);
	}
	/* It wanted both, and has one of them itself: what it lacks is for that one to say. */
	if (libcs_is_refused(job, verdict)) {
		verdict_fini(verdict);
		work_leave(work, job);
		job->libc = JOB_MOVED_BACK;
		set_up_first(job);
		return WORK_ATTEMPT;
	}
	/* That there was a load in it is no reason to believe in its loader. */
	if (job->attempt.env != job->env && !env_is_same(job->attempt.env))
		verdict_lower(verdict, VERDICT_WORTH_NEVER);
	return go_on(work, job, secondlook_judge(job->look, elapsed_us, verdict), verdict);
}

enum work_next work_take_trace(struct work *work, struct job *job, const struct tracetext *text,
	uint64_t elapsed_us, struct verdict *ret_verdict) {
	return go_on(work, job, secondlook_traced(job->look, elapsed_us, text), ret_verdict);
}
