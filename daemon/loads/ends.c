/* SPDX-License-Identifier: MIT */
#include "ends.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <dltest/cleanup.h>

#include "amount.h"
#include "load.h"
#include "loadenv.h"
#include "loads_parts.h"
#include "log.h"
#include "scarce.h"
#include "shortage.h"
#include "trace.h"
#include "verdict.h"

/* Processor time after which a load that goes on working makes room for another: most have ended
 * by then, and where fewer work at a time processors were found idle more often; and how many that
 * have done so there may be for each that runs at a time. With as many as are promised an answer in
 * time (three a processor) each has a third of one; with more of them, others still have their
 * turn. */
#define LONG_US	  40000
#define LOOSE_MAX 8

static void tell_place(struct loads *loads) {
	loads->config.on_place(loads->config.context);
}

void ends_count(struct loads *loads, struct load *load, enum load_count count) {
	loads->counts[load->count]--;
	loads->counts[count]++;
	if (load->count == LOAD_COUNT_NONE && count != LOAD_COUNT_NONE)
		processors_take(&loads->processors, load->processor);
	else if (load->count != LOAD_COUNT_NONE && count == LOAD_COUNT_NONE)
		processors_give_back(&loads->processors, load->processor);
	load->count = count;
}

/* The load is at work no more, and has no child that ends. A zygote without an environment may have
 * waited for that. */
static void leave(struct loads *loads, struct load *load) {
	if (load->state == LOAD_SPARE || load->state == LOAD_LOST)
		return;
	load->state = LOAD_LOST;
	loads->busy--;
	ends_count(loads, load, LOAD_COUNT_NONE);
	if (!envs_of(&loads->envs, load->zygote))
		event_active(loads->sweep, 0, 0);
	tell_place(loads);
}

/* Counts what its processor did for it since it was last looked at; a zygote is not believed more
 * than can be. */
static void note_use(struct loads *loads, const struct load *load, uint64_t cpu_us) {
	uint64_t used_us = amount_min(cpu_us, load_elapsed_us(load));

	processors_add_used(&loads->processors, load->processor,
		amount_less(used_us, load->watch.spent.cpu_us));
}

/* Takes the attempt away from its load. NULL if nobody wants to know its end. */
static struct attempt *detach(struct load *load) {
	struct attempt *attempt = steal_ptr(&load->attempt);

	if (attempt)
		attempt->load = NULL;
	return attempt;
}

static void tell_end(struct loads *loads, struct load *load, struct load_end *end) {
	struct attempt *attempt = detach(load);

	end->elapsed_us = load_own_us(load);
	if (attempt)
		loads->config.on_end(loads->config.context, attempt, end);
}

static void tell_failure(struct loads *loads, struct load *load, const char *complaint) {
	struct load_end end = {.outcome = LOAD_FAILED, .complaint = complaint};

	tell_end(loads, load, &end);
}

/* Without memory for its words, a verdict has none. */
static void make_verdict(
	enum dltest_reason reason, const char *words, struct verdict *ret_verdict) {
	if (verdict_make(reason, words, ret_verdict) < 0)
		*ret_verdict = (struct verdict){.reason = reason};
}

static void retire(struct loads *loads, const struct zygote *zygote) {
	struct env *env = envs_of(&loads->envs, zygote);

	if (env)
		envs_retire(&loads->envs, env);
}

static void ends_on_load_place(void *context, struct load *load) {
	ends_count(context, load, LOAD_COUNT_NONE);
	tell_place(context);
}

static void ends_on_load_slow(void *context, struct load *load) {
	struct loads *loads = context;

	if (load->attempt)
		loads->config.on_slow(loads->config.context, load->attempt);
}

/* How a slow load counts that has just been looked at. What sleeps or waits makes room for another;
 * so does what has worked for long, but for so many only: a hundred that work together would each
 * take a hundred times as long, and none would get its time. */
static enum load_count find_count(const struct loads *loads, const struct load *load) {
	const struct spent *spent = &load->watch.spent;

	if (!spent->is_hungry)
		return LOAD_COUNT_NONE;
	bool has_place = load->count == LOAD_COUNT_QUICK || load->count == LOAD_COUNT_KEEPS;
	bool may_go = spent->cpu_us >= LONG_US &&
		      loads->counts[LOAD_COUNT_LOOSE] < LOOSE_MAX * loads->config.parallel;
	return has_place && !may_go ? LOAD_COUNT_KEEPS : LOAD_COUNT_LOOSE;
}

static void ends_on_load_looked(void *context, struct load *load) {
	struct loads *loads = context;
	enum load_count count = find_count(loads, load);

	if (count == load->count)
		return;
	ends_count(loads, load, count);
	tell_place(loads);
}

/* The child is dead or dying but its end does not come: answer without it. */
static void ends_on_load_stuck(void *context, struct load *load) {
	struct loads *loads = context;
	const struct attempt *attempt = load->attempt;
	struct verdict verdict;
	struct load_end end = {.outcome = LOAD_JUDGED, .verdict = &verdict};

	log_warn("loader %d: process %d does not end, replacing the loader",
		(int)zygote_pid(load->zygote), (int)load->pid);
	leave(loads, load);
	if (attempt && !attempt->traces && load->cause == JUDGEMENT_CAUSE_DEADLINE &&
		load->pid > 0 && load_took_job(load)) {
		make_verdict(DLTEST_REASON_TIMED_OUT,
			"was still being loaded when its time was over, and cannot be ended",
			&verdict);
		tell_end(loads, load, &end);
	} else {
		tell_failure(loads, load, "the loader did not answer");
	}
	retire(loads, load->zygote);
}

static void tell_outcome(struct loads *loads, struct load *load, int wait_status) {
	struct verdict verdict;
	struct load_end end = {.outcome = LOAD_JUDGED, .verdict = &verdict};
	int r;

	if (!load->attempt)
		return;
	if (load->trace)
		end = (struct load_end){
			.outcome = LOAD_TRACED, .text = trace_end(load->trace, wait_status)};
	else if ((r = load_judge(load, wait_status, &verdict)) < 0)
		make_verdict(DLTEST_REASON_NO_VERDICT, strerror(-r), &verdict);
	tell_end(loads, load, &end);
}

/* What came of an attempt that failed for 'error': want of room if it is one. */
static struct load_end failure(struct loads *loads, int error, const char *complaint) {
	bool is_want = scarce_is_meant_by(error);

	if (is_want)
		shortage_note(loads->shortage);
	return (struct load_end){
		.outcome = is_want ? LOAD_NO_ROOM : LOAD_FAILED, .complaint = complaint};
}

/* A child ended without a job. */
static void take_end_of_spare(
	struct loads *loads, struct env *env, struct load *load, int wait_status) {
	if (load->state == LOAD_SPARE)
		log_warn("loader %d: a process ended before its job, wait status %#x",
			(int)zygote_pid(load->zygote), (unsigned)wait_status);
	if (load_lacked_room(load, wait_status))
		shortage_note(loads->shortage);
	else if (env && !load->dismissed)
		env_lose_spare(env, wait_status);
	tell_place(loads);
}

/* Whether it was ended by somebody, and not for what its library did: before that had begun, or by
 * us, who had not heard of it. */
static bool is_lost(struct load *load, int wait_status) {
	if (!WIFSIGNALED(wait_status))
		return false;
	if (load->cause == JUDGEMENT_CAUSE_UNHEARD && WTERMSIG(wait_status) == SIGKILL)
		return true;
	/* Also at its deadline, if somebody had stopped it. */
	return !load_took_job(load);
}

static void ends_on_load_end(void *context, struct load *load, const struct load_exit *exit) {
	struct loads *loads = context;
	struct env *env = envs_of(&loads->envs, load->zygote);
	int wait_status = exit->wait_status;

	if (load->state == LOAD_SPARE || load->state == LOAD_LOST) {
		take_end_of_spare(loads, env, load, wait_status);
		return;
	}
	bool lacked_room = load_lacked_room(load, wait_status);
	note_use(loads, load, exit->cpu_us);
	leave(loads, load);
	/* Not the library's doing. */
	if (lacked_room) {
		struct load_end end =
			failure(loads, EMFILE, "there was no room to confine its process");
		tell_end(loads, load, &end);
		return;
	}
	if (is_lost(load, wait_status)) {
		tell_failure(loads, load, "the process to load it in was killed before it began");
		return;
	}
	if (env)
		env_succeed(env);
	confinement_note_success(&loads->confinement, load->zygote);
	tell_outcome(loads, load, wait_status);
}

struct load_end ends_without_process(struct loads *loads, int error) {
	snprintf(loads->complaint, sizeof(loads->complaint),
		"no process could be started to load it in: %s", strerror(error));
	return failure(loads, error, loads->complaint);
}

static void ends_on_not_forked(void *context, struct load *load, int error) {
	struct loads *loads = context;
	struct load_end end = ends_without_process(loads, error);

	leave(loads, load);
	tell_end(loads, load, &end);
}

/* What is for want of room is no failure of the environment, and no word about the sandbox. */
static void note_failure(struct loads *loads, struct env *env, const struct zygote *zygote) {
	if (scarce_is_meant_by(zygote_error(zygote)))
		return;
	confinement_adapt(&loads->confinement, zygote);
	if (env && env_fail(env, zygote_complaint(zygote)))
		log_warn("no loads with search path '%s' for now: %s", env->loadenv->search_path,
			env->complaint);
}

static void ends_on_broken(void *context, struct zygote *zygote) {
	struct loads *loads = context;
	struct env *env = envs_of(&loads->envs, zygote);
	struct load_end end = failure(loads, zygote_error(zygote), zygote_complaint(zygote));
	struct load *load;

	note_failure(loads, env, zygote);
	for (load = zygote_first_load(zygote); load; load = LIST_NEXT(load, link)) {
		leave(loads, load);
		tell_end(loads, load, &end);
	}
	/* Sought anew: who was told may have been the last user of the environment. */
	retire(loads, zygote);
	event_active(loads->sweep, 0, 0);
	tell_place(loads);
}

void ends_set_up(struct loads *loads) {
	loads->zygotes = (struct zygote_config){
		.base = loads->config.base,
		.sandbox = loads->config.sandbox,
		.standin = loads->config.standin,
		.loads =
			{
				.on_place = ends_on_load_place,
				.on_slow = ends_on_load_slow,
				.on_looked = ends_on_load_looked,
				.on_stuck = ends_on_load_stuck,
				.context = loads,
				.reserve = &loads->reserve,
				.processors = &loads->processors,
			},
		.context = loads,
		.on_load_end = ends_on_load_end,
		.on_not_forked = ends_on_not_forked,
		.on_broken = ends_on_broken,
	};
}
