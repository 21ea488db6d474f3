/* SPDX-License-Identifier: MIT */
#include "loads.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <dltest/cleanup.h>

#include "ends.h"
#include "gift.h"
#include "load.h"
#include "loader_abi.h"
#include "loads_parts.h"
#include "log.h"
#include "reader.h"
#include "request.h"
#include "scarce.h"
#include "shortage.h"
#include "spares.h"

/* Loads given out beyond one a processor, so that none has nothing to do between the end of a load
 * and the news of it. */
#define AHEAD 1
/* Loads with a job, slow ones included; and as many more for calls that have none, since what
 * hangs for one must not keep others waiting. */
#define BUSY_MAX 64
#define RESERVED 16
/* Children, and loaders, that may turn out to be dead already when a job is handed out. */
#define DEAD_MAX 16

static void loads_on_sweep_due(void *context) {
	struct loads *loads = context;

	event_active(loads->sweep, 0, 0);
}

static void loads_on_sweep(evutil_socket_t fd, short what, void *argument) {
	struct loads *loads = argument;

	(void)fd, (void)what;
	envs_sweep(&loads->envs);
}

static void set_up_envs(struct loads *loads) {
	loads->envs = (struct envs){
		.home = loads->config.home,
		.user_homes = loads->config.user_homes,
		.on_sweep_due = loads_on_sweep_due,
		.context = loads,
	};
	TAILQ_INIT(&loads->envs.list);
}

int loads_new(const struct loads_config *config, struct loads **ret_loads) {
	struct loads *loads = calloc(1, sizeof(*loads));

	if (!loads)
		return -ENOMEM;
	loads->config = *config;
	confinement_init(&loads->confinement, config->sandbox);
	set_up_envs(loads);
	ends_set_up(loads);
	processors_init(&loads->processors);
	reserve_init(&loads->reserve);
	if (loads->config.parallel == 0)
		loads->config.parallel = loads->processors.count;
	if (loads->config.parallel > BUSY_MAX)
		loads->config.parallel = BUSY_MAX;
	loads->sweep = event_new(config->base, -1, 0, loads_on_sweep, loads);
	loads->reader = reader_new(config->base);
	loads->zygotes.reader = loads->reader;
	if (!loads->sweep || !loads->reader ||
		shortage_new(config->base, config->on_place, config->context, &loads->shortage) <
			0) {
		loads_free(loads);
		return -ENOMEM;
	}
	/* After the answers have been written. */
	event_priority_set(loads->sweep, event_base_get_npriorities(config->base) - 1);
	*ret_loads = loads;
	return 0;
}

struct loads *loads_free(struct loads *loads) {
	if (!loads)
		return NULL;
	if (loads->sweep) {
		envs_fini(&loads->envs);
		event_free(loads->sweep);
	}
	reader_free(loads->reader);
	shortage_free(loads->shortage);
	reserve_fini(&loads->reserve);
	free(loads);
	return NULL;
}

int loads_get_env(struct loads *loads, const struct loader *loader, const struct strv *library_path,
	const struct request *request, enum loads_user user, struct sight *sight,
	struct env **ret_env) {
	/* Whether an environment is current is seen with one descriptor at a time; to make one, the
	 * linker's configuration is read, which takes more. */
	reserve_lend_one(&loads->reserve);
	int r = envs_get(&loads->envs, loader, library_path, request, sight, ret_env);
	if (r < 0 && scarce_is_meant_by(-r)) {
		reserve_lend(&loads->reserve);
		r = envs_get(&loads->envs, loader, library_path, request, sight, ret_env);
	}
	reserve_refill(&loads->reserve);

	if (r == 0 && user == LOADS_USER_CALL)
		(*ret_env)->for_many = true;
	return r;
}

void loads_put_env(struct loads *loads, struct env *env) {
	envs_put(&loads->envs, env);
}

static unsigned count_fast(const struct loads *loads) {
	return loads->counts[LOAD_COUNT_QUICK] + loads->counts[LOAD_COUNT_KEEPS];
}

/* A call that has none does not wait for what works long for others, nor for one of very many: one
 * at a time is beside them. */
enum loads_place loads_find_place(const struct loads *loads) {
	unsigned at_a_time = loads->config.parallel + AHEAD, fast = count_fast(loads);

	if (loads->counts[LOAD_COUNT_QUICK] > at_a_time || fast >= at_a_time + RESERVED ||
		loads->busy >= BUSY_MAX + RESERVED || shortage_lasts(loads->shortage))
		return LOADS_PLACE_NONE;
	return fast >= at_a_time || loads->busy >= BUSY_MAX ? LOADS_PLACE_NEWCOMER
							    : LOADS_PLACE_ANY;
}

static int fork_load(struct loads *loads, struct zygote *zygote, enum load_kind kind, int processor,
	const struct gift *gift, struct load **ret_load) {
	int id = processors_id(&loads->processors, processor);
	int r = zygote_fork(zygote, kind, id, gift, ret_load);

	if (r == 0)
		(*ret_load)->processor = processor;
	return r;
}

static int ensure_zygote(struct loads *loads, struct env *env) {
	if (env->zygote && zygote_is_broken(env->zygote))
		envs_retire(&loads->envs, env);
	if (env->zygote)
		return 0;
	mapped_fini(&env->mapped);
	env->zygote_start = moment_now();
	return zygote_start(&loads->zygotes, env->loadenv, &env->zygote);
}

static enum load_kind kind_for(const struct env *env) {
	return env->printing ? LOAD_PRINTING : LOAD_PLAIN;
}

static int fork_somewhere(struct loads *loads, struct env *env, enum load_kind kind,
	const struct gift *gift, struct load **ret_load) {
	int processor = processors_choose(&loads->processors);

	return fork_load(loads, env->zygote, kind, processor, gift, ret_load);
}

/* A child that is given the host with its fork. */
static int fork_with_host(struct loads *loads, struct env *env, enum load_kind kind,
	const struct hosttrial *host, struct load **ret_load) {
	struct gift gift;

	if (!loads->config.standin)
		return -ENOSYS;
	int r = gift_make(host, loads->config.standin, &gift);
	if (r < 0)
		return r;
	r = fork_somewhere(loads, env, kind, &gift, ret_load);
	gift_fini(&gift);
	return r;
}

/* Takes a ready load, or has one made; a trace, and a load with a host, has a child of its own. */
static int take_load(struct loads *loads, struct env *env, const struct attempt *attempt,
	struct load **ret_load) {
	if (attempt->traces)
		return fork_somewhere(loads, env, LOAD_TRACING, NULL, ret_load);
	/* The next one will be like this one. */
	env->printing = attempt->question->request->details;
	enum load_kind kind = attempt->flags & LOADER_JOB_EXPLAIN ? LOAD_PRINTING : kind_for(env);
	if (attempt->host)
		return fork_with_host(loads, env, kind, attempt->host, ret_load);
	*ret_load = spares_find(env->zygote, &loads->processors, kind);
	return *ret_load ? 0 : fork_somewhere(loads, env, kind, NULL, ret_load);
}

/* A process that did not take its job has most likely gone; its end will be told of, when its
 * channel is closed or with its zygote at the latest. */
static int assign(struct loads *loads, struct load *load, struct attempt *attempt) {
	int r = load_assign(load, attempt);

	if (r < 0) {
		load_lose(load);
		if (r != -EPIPE)
			load_dismiss(load);
		return r;
	}
	ends_count(loads, load, LOAD_COUNT_QUICK);
	loads->busy++;
	return 0;
}

/* Returns -EPIPE if the child or the loader has gone, which nobody has told of yet. */
static int try_to_start(struct loads *loads, struct attempt *attempt) {
	struct env *env = attempt->env;
	struct load *load = NULL;

	int r = ensure_zygote(loads, env);
	if (r < 0)
		return r;
	r = take_load(loads, env, attempt, &load);
	if (r == -EPIPE)
		envs_retire(&loads->envs, env);
	return r < 0 ? r : assign(loads, load, attempt);
}

/* What is found dead has failed no job. */
static int start(struct loads *loads, struct attempt *attempt) {
	int r = attempt->traces ? attempt_check_trace(attempt) : 0;

	if (r < 0)
		return r;
	r = -EPIPE;
	for (int i = 0; i < DEAD_MAX && r == -EPIPE; i++)
		r = try_to_start(loads, attempt);
	return r;
}

int loads_start(struct loads *loads, struct attempt *attempt, struct load_end *ret_end) {
	const struct env *env = attempt->env;

	if (env_is_broken(env)) {
		*ret_end = (struct load_end){.outcome = LOAD_REFUSED,
			.complaint = env->complaint[0] ? env->complaint
						       : "the loader cannot be started"};
		return -EAGAIN;
	}
	int r = start(loads, attempt);
	if (r < 0) {
		/* One dead child after the other: why they die will be told of in a moment. */
		*ret_end = ends_without_process(loads, r == -EPIPE ? EAGAIN : -r);
		log_debug("%s: %s", attempt->path, loads->complaint);
	}
	return r;
}

void loads_cancel(struct loads *loads, struct attempt *attempt) {
	struct load *load = attempt->load;

	if (load && load_forget(load))
		ends_count(loads, load, LOAD_COUNT_NONE);
}

static size_t spares_wanted(const struct loads *loads, const struct env *env, size_t waiting) {
	/* A second look loads one library. */
	bool many = env->refs > 0 && env->for_many && waiting > 0;
	size_t wanted = many ? loads->config.parallel : 1;

	return wanted > waiting + 1 ? waiting + 1 : wanted;
}

static void top_up(struct loads *loads, struct env *env, size_t wanted) {
	struct load *load;

	for (size_t have = spares_count(env->zygote); have < wanted; have++) {
		int processor = spares_choose_processor(env->zygote, &loads->processors);

		if (fork_load(loads, env->zygote, kind_for(env), processor, NULL, &load) < 0)
			return;
	}
}

void loads_prepare(struct loads *loads, size_t waiting) {
	struct env *env;

	if (shortage_lasts(loads->shortage))
		return;
	TAILQ_FOREACH (env, &loads->envs.list, link) {
		if (env_wants_spares(env))
			top_up(loads, env, spares_wanted(loads, env, waiting));
	}
}

void loads_make_room(struct loads *loads) {
	envs_drop_idle(&loads->envs);
	/* What other loads have comes back when they end, which they do in time. */
	if (loads->busy == 0)
		envs_dismiss_spares(&loads->envs);
}

void loads_on_child(struct loads *loads, pid_t pid, int wait_status) {
	struct zygote *zygote = envs_find_zygote(&loads->envs, pid);

	if (zygote)
		zygote_on_exit(zygote, wait_status);
}

void loads_trim(struct loads *loads) {
	envs_trim(&loads->envs);
}

void loads_get_figures(const struct loads *loads, struct loads_figures *ret_figures) {
	const struct env *env;

	*ret_figures = (struct loads_figures){
		.fast = count_fast(loads), .busy = loads->busy, .parallel = loads->config.parallel};
	TAILQ_FOREACH (env, &loads->envs.list, link)
		ret_figures->zygotes += env->zygote != NULL;
}

const struct holding *loads_holding(const struct loads *loads) {
	return &loads->confinement.holding;
}
