/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "batch.h"
#include "envs.h"
#include "hindsight.h"
#include "hostfinder.h"
#include "inflight.h"
#include "job.h"
#include "leftovers.h"
#include "libcs.h"
#include "loadenv.h"
#include "loads.h"
#include "lookers.h"
#include "memory.h"
#include "queue.h"
#include "request.h"
#include "schedule_parts.h"
#include "sight.h"
#include "verdict.h"
#include "work.h"

/* Until its environment is known a batch gives no jobs. */
static void update_pause(struct batch *batch) {
	struct queue *queue = batch->schedule->queue;

	if (batch->paused || !batch->env) {
		queue_pause_owner(queue, &batch->owner);
		return;
	}
	queue_resume_owner(queue, &batch->owner);
	schedule_wake(batch->schedule);
}

/* Finds the environment of 'batch'. Returns 0, LOADENV_E_TOO_MANY, or -errno: -EREMOTE if something
 * has to be looked at first. */
static int find_env(struct batch *batch) {
	struct schedule *schedule = batch->schedule;
	const struct request *request = batch->request;

	int r = loads_get_env(schedule->loads, libcs_choose(schedule->loaders, request),
		&request->library_path, request, LOADS_USER_CALL, batch->sight, &batch->env);
	if (r) {
		batch->env = NULL;
		return r;
	}
	batch->sight = sight_free(batch->sight);
	batch->arrival = memory_new_request(schedule->memory, env_loadenv(batch->env));
	return 0;
}

/* Gives the questions that were asked meanwhile what they lack. */
static void give_env(struct batch *batch) {
	for (size_t i = 0; i < batch->request->paths.count; i++) {
		struct job *job = &batch->jobs[i];

		job->env = batch->env;
		job->arrival = batch->arrival;
	}
	update_pause(batch);
}

void schedule_tell(struct job *job, struct verdict *verdict) {
	struct batch *batch = job->batch;
	struct hindsight *hindsight = batch->schedule->hindsight;

	hindsight_note(hindsight, job, verdict);
	if (batch->left) {
		hindsight_keep(hindsight, job);
		verdict_fini(verdict);
	} else if (!batch->asker.on_verdict(
			   batch->asker.context, (size_t)(job - batch->jobs), verdict)) {
		schedule_pause(batch);
	}
}

/* Answers each question of 'batch', for which there is no environment. */
static void refuse(struct batch *batch, int error) {
	const char *why = error == LOADENV_E_TOO_MANY
				  ? "there are more directories than a loader takes"
				  : strerror(-error);

	queue_remove_owner(batch->schedule->queue, &batch->owner);
	for (size_t i = 0; i < batch->request->paths.count; i++) {
		struct verdict verdict;

		if (!batch->jobs[i].batch)
			continue;
		if (verdict_make(DLTEST_REASON_NO_VERDICT, why, &verdict) < 0)
			verdict = (struct verdict){.reason = DLTEST_REASON_NO_VERDICT};
		schedule_tell(&batch->jobs[i], &verdict);
	}
}

static void batch_on_looked(void *context);

static void take_env(struct batch *batch, int r) {
	if (r == -EREMOTE)
		r = lookers_ask(batch->schedule->lookers, batch->sight, batch_on_looked, batch);
	else if (r == 0)
		give_env(batch);
	if (r != 0)
		refuse(batch, r);
}

static void batch_on_looked(void *context) {
	struct batch *batch = context;

	take_env(batch, find_env(batch));
}

int schedule_open(struct schedule *schedule, const struct request *request,
	const struct schedule_asker *asker, struct batch **ret_batch) {
	if (!libcs_choose(schedule->loaders, request))
		return SCHEDULE_E_NO_LIBC;
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return -ENOMEM;
	*batch = (struct batch){
		.schedule = schedule,
		.request = request,
		.asker = *asker,
	};
	queue_owner_init(&batch->owner, asker->account);
	/* calloc(0) may give NULL. */
	batch->jobs = calloc(request->paths.count + 1, sizeof(*batch->jobs));
	batch->sight = sight_new();
	int r = batch->jobs && batch->sight ? find_env(batch) : -ENOMEM;
	if (r == -EREMOTE) {
		update_pause(batch);
		r = lookers_ask(schedule->lookers, batch->sight, batch_on_looked, batch);
	}
	if (r) {
		sight_free(batch->sight);
		free(batch->jobs);
		free(batch);
		return r == LOADENV_E_TOO_MANY ? SCHEDULE_E_TOO_MANY : r;
	}
	*ret_batch = batch;
	return 0;
}

void schedule_ask(struct batch *batch, size_t index) {
	struct job *job = &batch->jobs[index];

	*job = (struct job){
		.batch = batch,
		.question = {batch->request->paths.items[index], batch->request},
		.env = batch->env,
		.arrival = batch->arrival,
	};
	queue_push(batch->schedule->queue, &batch->owner, job);
	schedule_wake(batch->schedule);
}

void schedule_pause(struct batch *batch) {
	batch->paused = true;
	update_pause(batch);
}

void schedule_resume(struct batch *batch) {
	batch->paused = false;
	update_pause(batch);
}

static void cancel(struct schedule *schedule, struct job *job) {
	if (!job->batch)
		return;
	hindsight_forget(schedule->hindsight, job);
	if (job->waits)
		lookers_forget(schedule->lookers, job->waits);
	if (job->asking)
		hostfinder_forget(schedule->hostfinder, job->asking);
	job->asking = NULL;
	loads_cancel(schedule->loads, &job->attempt);
	work_leave(schedule->work, job);
	schedule_release_followers(schedule, job);
}

void schedule_close(struct batch *batch) {
	struct schedule *schedule;

	if (!batch)
		return;
	schedule = batch->schedule;
	for (size_t i = 0; i < batch->request->paths.count; i++)
		cancel(schedule, &batch->jobs[i]);
	/* After that, since a job that waited for another goes back to the queue. */
	queue_remove_owner(schedule->queue, &batch->owner);
	if (batch->sight)
		lookers_forget(schedule->lookers, batch->sight);
	sight_free(batch->sight);
	if (batch->env)
		loads_put_env(schedule->loads, batch->env);
	free(batch->jobs);
	request_free(batch->left);
	free(batch);
}

void schedule_leave(struct batch *batch, struct request *request) {
	struct schedule *schedule = batch->schedule;

	for (size_t i = 0; i < batch->request->paths.count; i++) {
		hindsight_keep(schedule->hindsight, &batch->jobs[i]);
		if (batch->jobs[i].at_work)
			inflight_keep(schedule->inflight, &batch->jobs[i]);
		else
			cancel(schedule, &batch->jobs[i]);
	}
	queue_remove_waiting(schedule->queue, &batch->owner);
	batch->account = *batch->owner.account;
	batch->owner.account = &batch->account;
	batch->left = request;
	leftovers_add(schedule->leftovers, batch);
	schedule_wake(schedule);
}
