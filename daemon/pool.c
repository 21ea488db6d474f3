/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "clock.h"
#include "confine.h"
#include "job.h"
#include "load.h"
#include "loadenv.h"
#include "loadtimer.h"
#include "log.h"
#include "pool_env.h"
#include "processors.h"
#include "queue.h"
#include "request.h"
#include "retired.h"
#include "room.h"
#include "sandbox.h"
#include "spares.h"
#include "trace.h"
#include "verdict.h"
#include "work.h"
#include "zygote.h"

/* A load that takes longer makes room for another: what hangs must not hold up the rest. Of 3,000
 * libraries of Debian 12 one in a hundred took this long. */
#define SLOW_MS 50
/* Loads given out beyond one a processor, so that none has nothing to do between the end of a load
 * and the news of it. */
#define AHEAD 1
/* Loads with a job, slow ones included; and as many more for calls that have none, since what
 * hangs for one must not keep others waiting. */
#define BUSY_MAX 64
#define RESERVED 16
/* Children, and loaders, that may turn out to be dead already when a job is handed out. */
#define DEAD_MAX 16
/* Times the loader may fail one job, or be killed with it. */
#define JOB_FAILURES_MAX 2
/* How often one job waits for processes or descriptors that no load has: 3 s. */
#define ROOM_WAITS_MAX 60

struct pool {
	struct pool_config config;
	struct zygote_config zygotes;
	struct processors processors;
	struct pool_envs envs;
	struct retired retired;
	struct event *sweep;
	struct room *room;
	unsigned fast; /* loads with a job that are not slow */
	unsigned busy; /* loads with a job, or killed and not gone */
	uint64_t done;
	bool pumping;
};

static void detach(struct job *job) {
	if (job->load)
		job->owner->running--;
	job->load = NULL;
}

static void finish_job(
	struct pool *pool, struct job *job, struct verdict *verdict, uint64_t elapsed_us) {
	detach(job);
	pool->done++;
	work_judge(pool->config.work, job, verdict, elapsed_us);
}

/* Nothing came of a trace, or this. */
static void finish_trace(
	struct pool *pool, struct job *job, const struct tracetext *text, uint64_t elapsed_us) {
	detach(job);
	work_traced(pool->config.work, job, text, elapsed_us);
}

static void finish_without_verdict(struct pool *pool, struct job *job, const char *complaint) {
	struct verdict verdict;

	if (verdict_make(DLTEST_REASON_NO_VERDICT, complaint, &verdict) < 0)
		verdict = (struct verdict){.reason = DLTEST_REASON_NO_VERDICT, .exit_status = -1};
	finish_job(pool, job, &verdict, 0);
}

/* The loader failed this job; once more, or no verdict. A trace is not tried again. */
static void retry_job(
	struct pool *pool, const struct load *load, struct job *job, const char *complaint) {
	if (!job)
		return;
	detach(job);
	if (load && load->trace)
		finish_trace(pool, job, NULL, load_elapsed_us(load));
	else if (++job->failures < JOB_FAILURES_MAX)
		queue_push_front(pool->config.queue, job);
	else
		finish_without_verdict(pool, job, complaint);
}

/* Somebody has taken all the processes or descriptors there are; it may be a library that is being
 * loaded. Returns whether the job waits for better times. */
static bool wait_for_room(struct pool *pool, struct job *job, int error) {
	if (!room_note(pool->room, error) || !job || job->room_waits >= ROOM_WAITS_MAX)
		return false;
	/* What other loads have comes back when they end, which they do in time. */
	if (pool->busy == 0)
		job->room_waits++;
	detach(job);
	queue_push_front(pool->config.queue, job);
	return true;
}

/* The load no longer counts against the loads at a time. */
static void stop_counting(struct pool *pool, struct load *load) {
	if (load->state == LOAD_SPARE || load->slow)
		return;
	load->slow = true;
	load->cpu = processors_give_back(&pool->processors, load->cpu);
	pool->fast--;
}

static void leave(struct pool *pool, struct load *load) {
	if (load->state == LOAD_SPARE || load->state == LOAD_LOST)
		return;
	stop_counting(pool, load);
	pool->busy--;
	load->state = LOAD_LOST;
}

static void schedule_sweep(struct pool *pool) {
	event_active(pool->sweep, 0, 0);
}

/* Detaches the zygote from its environment; it is freed when nothing runs in it any more. */
static void retire_zygote(struct pool *pool, struct zygote *zygote) {
	struct pool_env *env = pool_envs_of(&pool->envs, zygote);

	if (!env)
		return;
	env->zygote = NULL;
	retired_add(&pool->retired, zygote);
	schedule_sweep(pool);
}

/* The child is dead or dying but its end does not come: answer without it. */
static void give_up_on(struct pool *pool, struct load *load) {
	struct zygote *zygote = load->zygote;
	struct job *job = load->job;
	struct verdict verdict;

	log_warn("loader %d: process %d does not end, replacing the loader",
		(int)zygote_pid(zygote), (int)load->pid);
	load->job = NULL;
	leave(pool, load);
	if (job && !load->trace && load->deadline_passed && load->pid > 0 &&
		verdict_make(DLTEST_REASON_TIMED_OUT,
			"was still being loaded when its time was over, and cannot be ended",
			&verdict) == 0)
		finish_job(pool, job, &verdict, load_elapsed_us(load));
	else
		retry_job(pool, load, job, "the loader did not answer");
	retire_zygote(pool, zygote);
}

static void kill_load(struct pool *pool, struct load *load) {
	stop_counting(pool, load);
	load->state = LOAD_KILLED;
	loadtimer_begin_kill(load);
}

static void load_on_timer(evutil_socket_t fd, short what, void *argument) {
	struct load *load = argument;
	struct pool *pool = load->pool;

	(void)fd, (void)what;
	if (load->state == LOAD_RUNNING && !load->slow && load->timeout_ms > SLOW_MS) {
		stop_counting(pool, load);
		if (load->job)
			work_on_slow(pool->config.work, load->job);
		load->nice = processors_nice(&pool->processors, pool->busy - pool->fast);
		loadtimer_demote(load);
	} else if (load->state == LOAD_RUNNING && load->again) {
		loadtimer_demote(load);
	} else if (load->state == LOAD_RUNNING) {
		load->deadline_passed = true;
		kill_load(pool, load);
	} else if (load->state == LOAD_KILLED && (!load->kill_sent || load->again) &&
		   clock_now_ms() < load->grace_end_ms) {
		loadtimer_kill(load);
	} else if (load->state == LOAD_KILLED) {
		give_up_on(pool, load);
	}
	pool_pump(pool);
}

static void pool_on_load_end(void *context, struct load *load, int wait_status) {
	struct pool *pool = context;
	struct pool_env *env = pool_envs_of(&pool->envs, load->zygote);
	struct job *job = load->job;
	struct verdict verdict;

	if (load->state == LOAD_SPARE)
		log_warn("loader %d: a process ended before its job, wait status %#x",
			(int)zygote_pid(load->zygote), (unsigned)wait_status);
	if (load->state == LOAD_SPARE || load->state == LOAD_LOST) {
		if (env && !load->dismissed)
			pool_env_lose_spare(env, wait_status);
		return;
	}
	bool killed = load->state == LOAD_RUNNING && WIFSIGNALED(wait_status);
	leave(pool, load);
	/* Not the library's doing. */
	if (killed && !load_took_job(load)) {
		retry_job(pool, load, job, "the process to load it in was killed before it began");
		return;
	}
	if (env)
		pool_env_succeed(env);
	if (!job)
		return;
	if (load->trace)
		finish_trace(pool, job, trace_end(load->trace, wait_status), load_elapsed_us(load));
	else if (load_judge(load, wait_status, &verdict) < 0)
		finish_without_verdict(pool, job, "out of memory");
	else
		finish_job(pool, job, &verdict, load_elapsed_us(load));
}

static void pool_on_not_forked(void *context, struct load *load, int error) {
	struct pool *pool = context;
	struct job *job = load->job;
	char complaint[120];

	snprintf(complaint, sizeof(complaint), "no process could be started to load it in: %s",
		strerror(error));
	leave(pool, load);
	load->job = NULL;
	if (load->trace || !wait_for_room(pool, job, error))
		retry_job(pool, load, job, complaint);
}

/* That the kernel gives a listener cannot be known before it is asked for one. */
static void do_without_notify(struct pool *pool, const struct zygote *zygote) {
	if (zygote_failed_step(zygote) != CONFINE_STEP_SECCOMP || !pool->config.sandbox->notify)
		return;
	log_warn("refused system calls cannot be recorded here");
	int r = sandbox_give_up_notify(pool->config.sandbox);
	if (r < 0)
		log_error("cannot build the system call filter: %s", strerror(-r));
}

static void pool_on_broken(void *context, struct zygote *zygote) {
	struct pool *pool = context;
	struct pool_env *env = pool_envs_of(&pool->envs, zygote);
	const char *complaint = zygote_complaint(zygote);
	struct load *load;

	do_without_notify(pool, zygote);
	if (env) {
		snprintf(env->complaint, sizeof(env->complaint), "%s",
			complaint ? complaint : "the loader failed");
		if (pool_env_fail(env))
			log_warn("no loads with search path '%s' for now: %s",
				env->loadenv->search_path, env->complaint);
	}
	for (load = zygote_first_load(zygote); load; load = LIST_NEXT(load, link)) {
		struct job *job = load->job;

		load->job = NULL;
		leave(pool, load);
		retry_job(pool, load, job, complaint ? complaint : "the loader failed");
	}
	retire_zygote(pool, zygote);
	schedule_sweep(pool);
}

static void pool_on_flood(void *context, struct load *load) {
	struct pool *pool = context;

	if (load->state != LOAD_RUNNING)
		return;
	load->flooded = true;
	kill_load(pool, load);
}

static void pool_on_batch(void *context) {
	struct pool *pool = context;

	if (!TAILQ_EMPTY(&pool->retired))
		schedule_sweep(pool);
	pool_pump(pool);
}

static void pool_on_retire(void *context, struct zygote *zygote) {
	retire_zygote(context, zygote);
}

static int fork_load(struct pool *pool, struct zygote *zygote, enum load_kind kind, int home,
	struct load **ret_load) {
	struct load *load;

	int r = zygote_fork(zygote, kind, processors_id(&pool->processors, home), &load);
	if (r < 0)
		return r;
	load->pool = pool;
	load->home = home;
	load->timer = evtimer_new(pool->config.base, load_on_timer, load);
	if (!load->timer)
		return -ENOMEM; /* stays a spare that is never taken */
	*ret_load = load;
	return 0;
}

/* Has children made ahead of need: one a processor while there is work, one for the next call. */
static void top_up_spares(struct pool *pool) {
	struct pool_env *env;
	size_t waiting = queue_length(pool->config.queue);
	struct load *load;

	if (room_is_lacking(pool->room))
		return;
	TAILQ_FOREACH (env, &pool->envs.list, link) {
		/* A second look loads one library. */
		bool many = env->refs > 0 && env->for_many && waiting > 0;
		size_t wanted = many ? pool->config.parallel : 1;

		if (!pool_env_wants_spares(env))
			continue;
		if (wanted > waiting + 1)
			wanted = waiting + 1;
		for (size_t have = zygote_count_spares(env->zygote); have < wanted; have++) {
			if (fork_load(pool, env->zygote, env->printing ? LOAD_PRINTING : LOAD_PLAIN,
				    spares_choose_processor(env->zygote, &pool->processors),
				    &load) < 0)
				break;
		}
	}
}

static void pool_on_sweep(evutil_socket_t fd, short what, void *argument) {
	struct pool *pool = argument;

	(void)fd, (void)what;
	if (pool->fast == 0)
		top_up_spares(pool);
	if (pool->busy == 0)
		work_on_idle(pool->config.work);
	retired_sweep(&pool->retired);
}

static void pool_on_room(void *context) {
	pool_pump(context);
}

int pool_new(const struct pool_config *config, struct pool **ret_pool) {
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	pool->config = *config;
	pool->envs = (struct pool_envs){
		.home = config->home,
		.user_home = config->user_home,
		.retire = pool_on_retire,
		.context = pool,
	};
	TAILQ_INIT(&pool->envs.list);
	TAILQ_INIT(&pool->retired);
	processors_init(&pool->processors);
	if (pool->config.parallel == 0)
		pool->config.parallel = pool->processors.count;
	if (pool->config.parallel > BUSY_MAX)
		pool->config.parallel = BUSY_MAX;
	pool->zygotes = (struct zygote_config){
		.base = config->base,
		.sandbox = config->sandbox,
		.loader = config->loader,
		.context = pool,
		.on_load_end = pool_on_load_end,
		.on_not_forked = pool_on_not_forked,
		.on_broken = pool_on_broken,
		.on_flood = pool_on_flood,
		.on_batch = pool_on_batch,
	};
	pool->sweep = event_new(config->base, -1, 0, pool_on_sweep, pool);
	if (!pool->sweep || room_new(config->base, pool_on_room, pool, &pool->room) < 0) {
		pool_free(pool);
		return -ENOMEM;
	}
	/* After the answers have been written. */
	event_priority_set(pool->sweep, event_base_get_npriorities(config->base) - 1);
	*ret_pool = pool;
	return 0;
}

struct pool *pool_free(struct pool *pool) {
	if (!pool)
		return NULL;
	pool_envs_fini(&pool->envs);
	retired_fini(&pool->retired);
	if (pool->sweep)
		event_free(pool->sweep);
	room_free(pool->room);
	free(pool);
	return NULL;
}

static int ensure_zygote(struct pool *pool, struct pool_env *env) {
	if (env->zygote && zygote_is_broken(env->zygote))
		retire_zygote(pool, env->zygote);
	if (env->zygote)
		return 0;
	mapped_fini(&env->mapped);
	env->zygote_start = moment_now();
	return zygote_start(&pool->zygotes, env->loadenv, &env->zygote);
}

/* Takes a ready load, or has one made. */
static int take_load(
	struct pool *pool, struct pool_env *env, const struct job *job, struct load **ret_load) {
	/* The next one will be like this one. */
	env->printing = job->request->details;
	*ret_load = spares_find(env->zygote, &pool->processors, env->printing);
	if (*ret_load)
		return 0;
	return fork_load(pool, env->zygote, env->printing ? LOAD_PRINTING : LOAD_PLAIN,
		processors_choose(&pool->processors), ret_load);
}

static void begin_counting(struct pool *pool, struct load *load) {
	load->cpu = processors_take(&pool->processors, load->home);
	load->job->owner->running++;
	pool->fast++;
	pool->busy++;
	loadtimer_set(load, load->timeout_ms < SLOW_MS ? load->timeout_ms : SLOW_MS);
}

/* 'r' is what came of assigning a job to it. A process that did not take it has most likely gone;
 * its end will be told of, when its channel is closed or with its zygote at the latest. */
static int begin_or_lose(struct pool *pool, struct load *load, int r) {
	if (r < 0) {
		zygote_kill(load->zygote, load);
		if (r != -EPIPE)
			load_dismiss(load);
		load->state = LOAD_LOST;
		return r;
	}
	begin_counting(pool, load);
	return 0;
}

/* Returns -EPIPE if the child or the loader has gone, which nobody has told of yet. */
static int try_to_start_in(struct pool *pool, struct pool_env *env, struct job *job) {
	struct load *load = NULL;

	int r = ensure_zygote(pool, env);
	if (r < 0)
		return r;
	r = take_load(pool, env, job, &load);
	if (r == -EPIPE)
		retire_zygote(pool, env->zygote);
	if (r < 0)
		return r;
	return begin_or_lose(pool, load, load_assign(load, job));
}

/* What is found dead has failed no job. */
static int start_in(struct pool *pool, struct pool_env *env, struct job *job) {
	int r = -EPIPE;

	for (int i = 0; i < DEAD_MAX && r == -EPIPE; i++)
		r = try_to_start_in(pool, env, job);
	return r;
}

static void start_job(struct pool *pool, struct job *job) {
	struct pool_env *env = job->attempt.env;
	char complaint[120];

	if (pool_env_is_broken(env)) {
		finish_without_verdict(pool, job,
			env->complaint[0] ? env->complaint : "the loader cannot be started");
		return;
	}
	int r = start_in(pool, env, job);
	if (r == 0 || wait_for_room(pool, job, -r))
		return;
	snprintf(complaint, sizeof(complaint), "no process could be started to load it in: %s",
		strerror(-r));
	log_debug("%s: %s", job->path, complaint);
	retry_job(pool, NULL, job, complaint);
}

void pool_pump(struct pool *pool) {
	struct job *job;

	/* A job that ends while it is being started leads back here. */
	if (pool->pumping)
		return;
	pool->pumping = true;
	while (pool->fast < pool->config.parallel + AHEAD && pool->busy < BUSY_MAX + RESERVED &&
		!room_is_lacking(pool->room) &&
		(job = queue_pop(pool->config.queue, pool->busy >= BUSY_MAX))) {
		if (work_begin(pool->config.work, job))
			start_job(pool, job);
	}
	/* A fork for later would slow down the last loads that are running. */
	if (queue_length(pool->config.queue) > 0)
		top_up_spares(pool);
	pool->pumping = false;
	if (pool->fast == 0)
		schedule_sweep(pool);
}

void pool_resume(struct pool *pool, struct job *job) {
	queue_push_front(pool->config.queue, job);
}

/* A trace has a child of its own, and counts as a load. */
int pool_trace(struct pool *pool, struct job *job) {
	struct pool_env *env = job->attempt.env;
	struct load *load = NULL;

	if (pool_env_is_broken(env))
		return -EAGAIN;
	int r = load_check_trace(job);
	if (r == 0)
		r = ensure_zygote(pool, env);
	if (r == 0)
		r = fork_load(pool, env->zygote, LOAD_TRACING, processors_choose(&pool->processors),
			&load);
	if (r < 0)
		return r;
	return begin_or_lose(pool, load, load_assign_trace(load, job));
}

int pool_get_env(struct pool *pool, const struct strv *library_path, const struct strv *roots,
	bool for_many, struct pool_env **ret_env) {
	int r = pool_envs_get(&pool->envs, library_path, roots, ret_env);

	if (r == 0)
		(*ret_env)->for_many |= for_many;
	return r;
}

void pool_put_env(struct pool *pool, struct pool_env *env) {
	pool_envs_put(&pool->envs, env);
}

const struct loadenv *pool_env_loadenv(const struct pool_env *env) {
	return env->loadenv;
}

void pool_trim(struct pool *pool) {
	pool_envs_trim(&pool->envs);
}

void pool_set_work(struct pool *pool, struct work *work) {
	pool->config.work = work;
}

void pool_cancel(struct pool *pool, struct job *job) {
	struct load *load = job->load;

	if (!load)
		return;
	detach(job);
	load->job = NULL;
	if (load->state == LOAD_RUNNING)
		kill_load(pool, load);
}

void pool_on_child(struct pool *pool, pid_t pid, int wait_status) {
	struct zygote *zygote = pool_envs_zygote(&pool->envs, pid);

	if (!zygote)
		zygote = retired_find(&pool->retired, pid);
	if (zygote)
		zygote_on_exit(zygote, wait_status);
}

void pool_get_figures(const struct pool *pool, struct pool_figures *ret_figures) {
	const struct pool_env *env;

	*ret_figures = (struct pool_figures){
		.done = pool->done, .running = pool->busy, .parallel = pool->config.parallel};
	TAILQ_FOREACH (env, &pool->envs.list, link)
		ret_figures->zygotes += env->zygote != NULL;
}
