/* SPDX-License-Identifier: MIT */
#include "schedule_parts.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "account.h"
#include "batch.h"
#include "clock.h"
#include "envs.h"
#include "hindsight.h"
#include "hostfinder.h"
#include "hostquery.h"
#include "inflight.h"
#include "job.h"
#include "leftovers.h"
#include "loadenv.h"
#include "loads.h"
#include "lookers.h"
#include "memory.h"
#include "queue.h"
#include "request.h"
#include "sight.h"
#include "verdict.h"
#include "work.h"

/* Times the loader may fail one attempt, or be killed with it: as often as an environment may. */
#define FAILURES_MAX 3
/* For how long jobs are taken in one go. What is remembered is known at once, however much it is,
 * and meanwhile nobody else is heard. */
#define TURN_US 1000
/* What a load counts for, beside the loop's own time: most take about as long. */
#define LOAD_US 1000

DEFINE_CLEANUP(struct schedule *, schedule_free);

static void schedule_on_looked(void *context);

/* Has what 'job' waits for looked at. Nobody need wait for it meanwhile. Returns false without
 * memory for it; then nobody answers. */
static bool look(struct schedule *schedule, struct job *job) {
	schedule_release_impatient(schedule, job);
	if (lookers_ask(schedule->lookers, job->waits, schedule_on_looked, job) == 0)
		return true;
	sight_give_up(job->waits);
	return false;
}

static void schedule_on_found(void *context, struct hostfinding *finding);

/* Has the host of what 'job' is about looked for, likewise. */
static bool find(struct schedule *schedule, struct job *job) {
	schedule_release_impatient(schedule, job);
	return hostfinder_ask(
		       schedule->hostfinder, job->query, schedule_on_found, job, &job->asking) == 0;
}

/* What comes of it when nobody looks for the host. */
static enum work_next go_without_host(
	struct schedule *schedule, struct job *job, struct verdict *verdict) {
	struct hostfinding nothing = {0};

	return work_found(schedule->work, job, &nothing, verdict);
}

/* Has 'job' wait if that is what is next. Returns what comes next: if it cannot be waited for, what
 * comes after that. */
static enum work_next begin_to_wait(
	struct schedule *schedule, struct job *job, enum work_next next, struct verdict *verdict) {
	for (;;) {
		if (next == WORK_LOOK && !look(schedule, job))
			next = work_looked(schedule->work, job, verdict);
		else if (next == WORK_FIND && !find(schedule, job))
			next = go_without_host(schedule, job, verdict);
		else
			return next;
	}
}

/* Tells 'verdict' to who asked 'job', or, once that one has gone, to who has asked the same again.
 */
static void finish(struct schedule *schedule, struct job *job, struct verdict *verdict) {
	struct job *heir = inflight_take_heir(schedule->inflight, job);

	if (heir)
		heir->stamp = job->stamp;
	schedule_release_followers(schedule, job);
	job->at_work = false;
	job->batch->at_work--;
	schedule_tell(heir ? heir : job, verdict);
}

static void proceed(
	struct schedule *schedule, struct job *job, enum work_next next, struct verdict *verdict) {
	switch (begin_to_wait(schedule, job, next, verdict)) {
	case WORK_LOOK:
	case WORK_FIND:
		break;
	case WORK_ATTEMPT:
		queue_push_front(schedule->queue, job);
		break;
	case WORK_DONE:
		finish(schedule, job, verdict);
		break;
	}
}

static void schedule_on_looked(void *context) {
	struct job *job = context;
	struct schedule *schedule = job->batch->schedule;
	struct verdict verdict;

	proceed(schedule, job, work_looked(schedule->work, job, &verdict), &verdict);
	schedule_wake(schedule);
}

static void schedule_on_found(void *context, struct hostfinding *finding) {
	struct job *job = context;
	struct schedule *schedule = job->batch->schedule;
	struct verdict verdict;

	job->asking = NULL;
	proceed(schedule, job, work_found(schedule->work, job, finding, &verdict), &verdict);
	schedule_wake(schedule);
}

static void take_verdict(
	struct schedule *schedule, struct job *job, uint64_t elapsed_us, struct verdict *verdict) {
	schedule->done++;
	proceed(schedule, job, work_take_verdict(schedule->work, job, elapsed_us, verdict),
		verdict);
}

static void take_trace(struct schedule *schedule, struct job *job, const struct load_end *end) {
	struct verdict verdict;

	enum work_next next =
		work_take_trace(schedule->work, job, end->text, end->elapsed_us, &verdict);
	proceed(schedule, job, next, &verdict);
}

/* No more is tried: a trace tells nothing then, and a load has no verdict. */
static void give_up(struct schedule *schedule, struct job *job, const struct load_end *end) {
	struct verdict verdict;

	if (job->attempt.traces) {
		take_trace(schedule, job, end);
		return;
	}
	if (verdict_make(DLTEST_REASON_NO_VERDICT, end->complaint, &verdict) < 0)
		verdict = (struct verdict){.reason = DLTEST_REASON_NO_VERDICT};
	take_verdict(schedule, job, 0, &verdict);
}

/* Whether it is to be tried again after 'end'. */
static bool try_again(struct schedule *schedule, struct job *job, const struct load_end *end) {
	if (end->outcome == LOAD_NO_ROOM)
		return schedule_may_wait_for_room(schedule, end->complaint);
	return end->outcome != LOAD_REFUSED && !job->attempt.traces &&
	       ++job->failures < FAILURES_MAX;
}

static void take_end(struct schedule *schedule, struct job *job, struct load_end *end) {
	switch (end->outcome) {
	case LOAD_JUDGED:
		roomwait_end(&schedule->roomwait);
		take_verdict(schedule, job, end->elapsed_us, end->verdict);
		break;
	case LOAD_TRACED:
		roomwait_end(&schedule->roomwait);
		take_trace(schedule, job, end);
		break;
	case LOAD_FAILED:
	case LOAD_NO_ROOM:
	case LOAD_REFUSED:
		if (try_again(schedule, job, end))
			queue_push_front(schedule->queue, job);
		else
			give_up(schedule, job, end);
		break;
	}
	schedule_wake(schedule);
}

static void schedule_on_end(void *context, struct attempt *attempt, struct load_end *end) {
	struct job *job = job_of_attempt(attempt);

	job->owner->running--;
	take_end(context, job, end);
}

/* Nobody shall wait for it. */
static void schedule_on_slow(void *context, struct attempt *attempt) {
	schedule_release_impatient(context, job_of_attempt(attempt));
}

/* There may be something to start, or to close. */
static void schedule_on_chance(void *context) {
	schedule_wake(context);
}

static bool recall(struct schedule *schedule, struct job *job, struct verdict *ret_verdict) {
	return work_recall(schedule->work, job, ret_verdict) ||
	       hindsight_recall(schedule->hindsight, job, ret_verdict);
}

/* 'job' has been taken from the queue. Returns whether it needs an attempt now: false if it was
 * answered, or waits for another job or for a look. */
static bool begin(struct schedule *schedule, struct job *job) {
	struct verdict verdict;

	if (work_has_begun(job))
		return true;
	if (recall(schedule, job, &verdict)) {
		schedule_tell(job, &verdict);
		return false;
	}
	if (inflight_join(schedule->inflight, job)) {
		struct job *awaited = inflight_awaited(job);

		if (awaited->batch->left)
			leftovers_renew(schedule->leftovers, awaited->batch);
		return false;
	}
	job->at_work = true;
	job->batch->at_work++;
	enum work_next next = work_begin(schedule->work, job, &verdict);
	if (next == WORK_ATTEMPT)
		return true;
	proceed(schedule, job, next, &verdict);
	return false;
}

static void start(struct schedule *schedule, struct job *job) {
	struct load_end end;

	if (!begin(schedule, job))
		return;
	job->owner->account->served_us += LOAD_US;
	if (loads_start(schedule->loads, &job->attempt, &end) == 0)
		job->owner->running++;
	else
		take_end(schedule, job, &end);
}

/* Answers 'job' if it can be without a load. */
static void seek(struct schedule *schedule, struct job *job) {
	struct verdict verdict;

	if (recall(schedule, job, &verdict))
		schedule_tell(job, &verdict);
	else
		queue_push_missed(schedule->queue, job);
}

/* Answers all that wait without another try: it has been waited for all of them. */
static void refuse_waiting(struct schedule *schedule) {
	const struct load_end end = {
		.outcome = LOAD_NO_ROOM, .complaint = schedule->roomwait.complaint};
	struct job *job;

	while ((job = queue_pop(schedule->queue))) {
		if (begin(schedule, job))
			give_up(schedule, job, &end);
	}
}

static struct job *next_job(struct schedule *schedule) {
	switch (loads_find_place(schedule->loads)) {
	case LOADS_PLACE_ANY:
		return queue_pop(schedule->queue);
	case LOADS_PLACE_NEWCOMER:
		return queue_pop_idle_owner(schedule->queue);
	case LOADS_PLACE_NONE:
		return NULL;
	}
	return NULL;
}

/* Does something for the one whose turn it is: what is remembered needs no place. Returns the
 * account that it is done on; NULL if there is nothing to do. */
static struct account *serve(struct schedule *schedule) {
	struct job *job = next_job(schedule), *unsought;

	unsought = job ? NULL : queue_pop_unsought(schedule->queue);
	if (!job && !unsought)
		return NULL;
	struct account *account = (job ? job : unsought)->owner->account;
	if (job)
		start(schedule, job);
	else
		seek(schedule, unsought);
	return account;
}

/* Serves one after the other until 'end_us', or until there is nothing to do. */
static void serve_all(struct schedule *schedule, uint64_t end_us) {
	uint64_t now_us = clock_now_us(), then_us;
	struct account *account;

	while (now_us < end_us && (account = serve(schedule))) {
		then_us = now_us;
		now_us = clock_now_us();
		account->served_us += now_us - then_us;
	}
}

static void schedule_on_pump(evutil_socket_t fd, short what, void *argument) {
	const uint64_t end_us = clock_now_us() + TURN_US;
	struct schedule *schedule = argument;
	struct loads_figures figures;
	struct batch *batch;

	(void)fd, (void)what;
	if (schedule->lacks_room)
		loads_make_room(schedule->loads);
	schedule->lacks_room = false;
	if (schedule->refuses)
		refuse_waiting(schedule);
	schedule->refuses = false;
	serve_all(schedule, end_us);
	while ((batch = leftovers_take_over(schedule->leftovers)))
		schedule_close(batch);
	/* A timer comes after what there is to read; an event that is activated does not. */
	if (clock_now_us() >= end_us) {
		event_add(schedule->pump, &(const struct timeval){0});
		return;
	}
	/* What is left could not be started. A fork for later would slow down the last loads that
	 * are running. */
	if (queue_length(schedule->queue) > 0)
		loads_prepare(schedule->loads, queue_length(schedule->queue));
	loads_get_figures(schedule->loads, &figures);
	if (figures.fast == 0)
		event_active(schedule->idle, 0, 0);
}

/* Nothing that is not slow runs: a moment for what can wait. */
static void schedule_on_idle(evutil_socket_t fd, short what, void *argument) {
	struct schedule *schedule = argument;
	struct loads_figures figures;

	(void)fd, (void)what;
	loads_get_figures(schedule->loads, &figures);
	if (figures.fast == 0)
		loads_prepare(schedule->loads, queue_length(schedule->queue));
	if (figures.busy == 0)
		memory_settle(schedule->memory);
}

static int make_loads(struct schedule *schedule, const struct schedule_config *config) {
	const struct loads_config loads = {
		.base = config->base,
		.sandbox = config->sandbox,
		.standin = config->standin,
		.home = config->home,
		.user_homes = config->user_homes,
		.parallel = config->parallel,
		.on_end = schedule_on_end,
		.on_slow = schedule_on_slow,
		.on_place = schedule_on_chance,
		.context = schedule,
	};

	int r = loads_new(&loads, &schedule->loads);
	if (r < 0)
		return r;
	const struct work_config work = {
		.loads = schedule->loads, .memory = config->memory, .loaders = config->loaders};
	return work_new(&work, &schedule->work);
}

int schedule_new(const struct schedule_config *config, struct schedule **ret_schedule) {
	CLEANUP(schedule_free_p) struct schedule *schedule = calloc(1, sizeof(*schedule));

	if (!schedule)
		return -ENOMEM;
	schedule->memory = config->memory;
	schedule->loaders = config->loaders;
	schedule->lookers = config->lookers;
	schedule->hostfinder = config->hostfinder;
	schedule->queue = queue_new();
	schedule->inflight = inflight_new();
	schedule->hindsight = hindsight_new();
	schedule->pump = event_new(config->base, -1, 0, schedule_on_pump, schedule);
	schedule->idle = event_new(config->base, -1, 0, schedule_on_idle, schedule);
	schedule->leftovers = leftovers_new(config->base, schedule_on_chance, schedule);
	if (!schedule->queue || !schedule->inflight || !schedule->hindsight || !schedule->pump ||
		!schedule->idle || !schedule->leftovers)
		return -ENOMEM;
	/* After the answers have been written. */
	event_priority_set(schedule->idle, event_base_get_npriorities(config->base) - 1);
	int r = make_loads(schedule, config);
	if (r < 0)
		return r;
	*ret_schedule = steal_ptr(&schedule);
	return 0;
}

struct schedule *schedule_free(struct schedule *schedule) {
	struct batch *batch;

	if (!schedule)
		return NULL;
	while ((batch = leftovers_take_any(schedule->leftovers)))
		schedule_close(batch);
	leftovers_free(schedule->leftovers);
	work_free(schedule->work);
	loads_free(schedule->loads);
	inflight_free(schedule->inflight);
	hindsight_free(schedule->hindsight);
	queue_free(schedule->queue);
	if (schedule->pump)
		event_free(schedule->pump);
	if (schedule->idle)
		event_free(schedule->idle);
	free(schedule);
	return NULL;
}

void schedule_on_child(struct schedule *schedule, pid_t pid, int wait_status) {
	loads_on_child(schedule->loads, pid, wait_status);
}

void schedule_trim(struct schedule *schedule) {
	loads_trim(schedule->loads);
}

void schedule_get_figures(struct schedule *schedule, struct schedule_figures *ret_figures) {
	struct loads_figures loads;

	loads_get_figures(schedule->loads, &loads);
	memory_settle(schedule->memory);
	*ret_figures = (struct schedule_figures){
		.done = schedule->done,
		.waiting = queue_length(schedule->queue),
		.running = loads.busy,
		.parallel = loads.parallel,
		.zygotes = loads.zygotes,
		.remembered = memory_count(schedule->memory),
	};
}

const struct holding *schedule_holding(const struct schedule *schedule) {
	return loads_holding(schedule->loads);
}
