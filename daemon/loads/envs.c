/* SPDX-License-Identifier: MIT */
#include "envs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <dltest/cleanup.h>

#include "clock.h"
#include "load.h"
#include "loadenv.h"
#include "request.h"
#include "userhomes.h"
#include "zygote.h"

/* Environments kept, with their zygotes, and for how long without use. */
#define ENVS_MAX    8
#define ENV_IDLE_MS 60000
/* Failures in a row before an environment is left alone, and for how long; and children that may be
 * killed before none are made ahead of need. Two are what somebody does who ends all loaders, and
 * once more those that came instead. */
#define FAILURES_MAX 3
#define BROKEN_MS    2000
#define KILLED_MAX   4

struct env *envs_of(const struct envs *envs, const struct zygote *zygote) {
	struct env *env;

	TAILQ_FOREACH (env, &envs->list, link) {
		if (env->zygote == zygote)
			return env;
	}
	return NULL;
}

struct zygote *envs_find_zygote(const struct envs *envs, pid_t pid) {
	struct zygote *zygote;
	struct env *env;

	TAILQ_FOREACH (env, &envs->list, link) {
		if (env->zygote && zygote_pid(env->zygote) == pid)
			return env->zygote;
	}
	for (zygote = envs->retired; zygote; zygote = zygote_next(zygote)) {
		if (zygote_pid(zygote) == pid)
			return zygote;
	}
	return NULL;
}

void envs_retire(struct envs *envs, struct env *env) {
	if (!env->zygote)
		return;
	zygote_set_next(env->zygote, envs->retired);
	envs->retired = env->zygote;
	env->zygote = NULL;
	envs->on_sweep_due(envs->context);
}

/* Whether a load in it has a job, or had one and has not ended. */
static bool is_busy(const struct zygote *zygote) {
	const struct load *load = zygote_first_load(zygote);

	while (load && (load->state == LOAD_SPARE || load->state == LOAD_LOST))
		load = LIST_NEXT(load, link);
	return load != NULL;
}

static bool is_done_with(const struct zygote *zygote) {
	return zygote_is_broken(zygote) || !is_busy(zygote);
}

static void sweep_zygotes(struct envs *envs) {
	struct zygote *left = NULL, *zygote, *next;

	for (zygote = envs->retired; zygote; zygote = next) {
		next = zygote_next(zygote);
		if (is_done_with(zygote)) {
			zygote_free(zygote);
			continue;
		}
		zygote_set_next(zygote, left);
		left = zygote;
	}
	envs->retired = left;
}

static void free_env(struct envs *envs, struct env *env) {
	envs_retire(envs, env);
	TAILQ_REMOVE(&envs->list, env, link);
	mapped_fini(&env->mapped);
	loadenv_free(env->loadenv);
	free(env);
}

const struct loadenv *env_loadenv(const struct env *env) {
	return env->loadenv;
}

static bool is_idle(const struct env *env) {
	return env->refs == 0 && (!env->zygote || !is_busy(env->zygote));
}

/* Makes room for one more by letting go of the one that has been idle for longest. */
static void drop_oldest_env(struct envs *envs) {
	struct env *env, *oldest = NULL;
	unsigned count = 0;

	TAILQ_FOREACH (env, &envs->list, link) {
		count++;
		if (is_idle(env) && (!oldest || env->used_ms < oldest->used_ms))
			oldest = env;
	}
	if (count >= ENVS_MAX && oldest)
		free_env(envs, oldest);
}

/* Finds the environment of these settings, or NULL if there is none that still holds, in *ret_env.
 * Returns 0 or -EREMOTE. */
static int find_env(struct envs *envs, const char *key, struct sight *sight, struct env **ret_env) {
	struct env *env;

	*ret_env = NULL;
	TAILQ_FOREACH (env, &envs->list, link) {
		if (env->stale || strcmp(env->loadenv->key, key) != 0)
			continue;
		int current = loadenv_is_current(env->loadenv, sight);
		if (current < 0)
			return current;
		if (current && (env->mapped.count == 0 || mapped_is_same(&env->mapped))) {
			*ret_env = env;
			return 0;
		}
		env->stale = true;
	}
	return 0;
}

/* $TSUKU_HOME/libs is searched first anyway; tsuku names it once more, and shall have the
 * environment that others have. */
static int without_libs(
	const struct envs *envs, const struct strv *library_path, struct strv *ret_others) {
	size_t length = envs->home ? strlen(envs->home) : 0;
	int r = 0;

	for (size_t i = 0; i < library_path->count && r == 0; i++) {
		const char *dir = library_path->items[i];

		if (length == 0 || strncmp(dir, envs->home, length) != 0 ||
			strcmp(dir + length, "/libs") != 0)
			r = strv_add(ret_others, dir);
	}
	return r;
}

int envs_get(struct envs *envs, const struct loader *loader, const struct strv *library_path,
	const struct request *request, struct sight *sight, struct env **ret_env) {
	cleanup_strv struct strv others = {0}, told = {0};
	const struct userhomes user_homes = {.known = envs->user_homes, .told = &told};

	int r = without_libs(envs, library_path, &others);
	if (r == 0)
		r = userhomes_list_others(&told, &request->homes, envs->user_homes);
	if (r < 0)
		return r;
	cleanup_free char *key = loadenv_key(loader, &others, &request->roots, &told);
	if (!key)
		return -ENOMEM;
	struct env *env;
	r = find_env(envs, key, sight, &env);
	if (r < 0)
		return r;
	if (!env) {
		env = calloc(1, sizeof(*env));
		if (!env)
			return -ENOMEM;
		r = loadenv_new(loader, envs->home, &user_homes, &others, &request->roots, sight,
			&env->loadenv);
		if (r) {
			free(env);
			return r;
		}
		drop_oldest_env(envs);
		TAILQ_INSERT_TAIL(&envs->list, env, link);
	}
	env->refs++;
	env->used_ms = clock_now_ms();
	*ret_env = env;
	return 0;
}

/* Frees nothing: whoever gives it back may have been told of a load in it. */
void envs_put(struct envs *envs, struct env *env) {
	env->refs--;
	env->used_ms = clock_now_ms();
	if (env->stale && is_idle(env))
		envs->on_sweep_due(envs->context);
}

bool env_fail(struct env *env, const char *complaint) {
	if (complaint)
		snprintf(env->complaint, sizeof(env->complaint), "%s", complaint);
	if (++env->failures < FAILURES_MAX)
		return false;
	env->broken_until_ms = clock_now_ms() + BROKEN_MS;
	return true;
}

bool env_lose_spare(struct env *env, int wait_status) {
	/* By the kernel, when memory runs out, or by a person: the next one may live. */
	if (!WIFSIGNALED(wait_status))
		return env_fail(env, NULL);
	env->killed++;
	return false;
}

void env_succeed(struct env *env) {
	env->failures = env->killed = 0;
}

bool env_is_broken(const struct env *env) {
	return env->broken_until_ms > clock_now_ms();
}

bool env_wants_spares(const struct env *env) {
	return env->zygote && !env->stale && !zygote_is_broken(env->zygote) &&
	       !env_is_broken(env) && env->killed < KILLED_MAX;
}

const struct mapped *env_mapped(struct env *env) {
	if (!env->zygote || zygote_is_broken(env->zygote))
		return NULL;
	if (env->mapped.count == 0)
		mapped_take(&env->mapped, zygote_pid(env->zygote), &env->zygote_start);
	return env->mapped.certain ? &env->mapped : NULL;
}

bool env_is_same(struct env *env) {
	const struct mapped *mapped = env_mapped(env);

	if (!mapped || !mapped_is_same(mapped))
		env->stale = true;
	return !env->stale;
}

void envs_sweep(struct envs *envs) {
	struct env *env, *next;

	for (env = TAILQ_FIRST(&envs->list); env; env = next) {
		next = TAILQ_NEXT(env, link);
		if (env->stale && is_idle(env))
			free_env(envs, env);
	}
	sweep_zygotes(envs);
}

static void drop_idle_for(struct envs *envs, uint64_t ms) {
	struct env *env, *next;
	uint64_t now = clock_now_ms();

	for (env = TAILQ_FIRST(&envs->list); env; env = next) {
		next = TAILQ_NEXT(env, link);
		if (is_idle(env) && now - env->used_ms >= ms)
			free_env(envs, env);
	}
}

void envs_trim(struct envs *envs) {
	drop_idle_for(envs, ENV_IDLE_MS);
}

void envs_drop_idle(struct envs *envs) {
	drop_idle_for(envs, 0);
}

static void dismiss_spares(const struct zygote *zygote) {
	struct load *load;

	for (load = zygote_first_load(zygote); load; load = LIST_NEXT(load, link)) {
		if (load->state != LOAD_SPARE)
			continue;
		load_dismiss(load);
		load->state = LOAD_LOST;
	}
}

void envs_dismiss_spares(struct envs *envs) {
	struct env *env;

	TAILQ_FOREACH (env, &envs->list, link) {
		if (env->zygote)
			dismiss_spares(env->zygote);
	}
}

void envs_fini(struct envs *envs) {
	struct zygote *zygote;
	struct env *env;

	while ((env = TAILQ_FIRST(&envs->list)))
		free_env(envs, env);
	while ((zygote = envs->retired)) {
		envs->retired = zygote_next(zygote);
		zygote_free(zygote);
	}
}
