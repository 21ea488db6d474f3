/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Load environments in use, each with its zygote: found again by what they were made of, renewed
 * when that has changed, let go when nobody uses them; and the zygotes that have lost their
 * environment, until nothing runs in them. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "mapped.h"
#include "stamp.h"

struct loadenv;
struct strv;
struct zygote;

struct env {
	TAILQ_ENTRY(env) link; /* envs.list */
	struct loadenv *loadenv;
	struct zygote *zygote; /* NULL until needed, and after it broke; set by the loads */
	struct moment zygote_start;
	struct mapped mapped; /* what that zygote has mapped; nothing before that is asked for */
	unsigned refs;	      /* calls and second looks that use it */
	bool for_many;	      /* true: calls use it, not only a second look */
	bool printing;	      /* true: the last job wanted to know what was printed */
	bool stale;	      /* true: directories have changed, new calls get another */
	/* Before any load ended there: zygotes in a row that broke, or children that could not be
	 * confined, and children that somebody killed. */
	unsigned failures, killed;
	uint64_t broken_until_ms;
	uint64_t used_ms;
	char complaint[160]; /* about its last zygote that broke */
};

struct envs {
	TAILQ_HEAD(env_list, env) list;
	struct zygote *retired; /* zygotes without an environment; linked by zygote_next() */
	const char *home;	/* $TSUKU_HOME, or NULL */
	const char *user_home;	/* $HOME, or NULL */
	/* A zygote has been retired: envs_sweep() may free it, but not in this call. */
	void (*on_retired)(void *context);
	void *context;
};

/* What loads in 'env' have in common. */
const struct loadenv *env_loadenv(const struct env *env);

/* What the loader that runs in 'env' has mapped, for whoever looks later whether that is still the
 * same; NULL if it is not certain. */
const struct mapped *env_mapped(struct env *env);

/* Whether the loader that runs in 'env' is certainly what would be started now; if not, 'env' is
 * stale from now on. */
bool env_is_same(struct env *env);

/* Notes that its zygote broke, or that a child in it could not be confined, and why, for a person;
 * NULL: as before. Returns whether 'env' is left without loads for a while because of that. */
bool env_fail(struct env *env, const char *complaint);

/* Notes that a child ended with 'wait_status' before it had a job. Returns as env_fail(). */
bool env_lose_spare(struct env *env, int wait_status);

/* Notes that a load has ended in 'env', so that all is well. */
void env_succeed(struct env *env);

/* Whether there are no loads in 'env' now. */
bool env_is_broken(const struct env *env);

/* Whether children of 'env' are to be made ahead of need. */
bool env_wants_spares(const struct env *env);

/*
 * The environment for these settings, shared with others of the same settings. envs_put() gives it
 * back. Returns 0, LOADENV_E_TOO_MANY or -errno.
 */
int envs_get(struct envs *envs, const struct strv *library_path, const struct strv *roots,
	struct env **ret_env);

void envs_put(struct envs *envs, struct env *env);

/* The zygote with the process id 'pid', be it retired; NULL if there is none. */
struct zygote *envs_find_zygote(const struct envs *envs, pid_t pid);

/* The environment of 'zygote'; NULL if that is retired. */
struct env *envs_of(const struct envs *envs, const struct zygote *zygote);

/* Takes the zygote of 'env', if it has one, away from it. */
void envs_retire(struct envs *envs, struct env *env);

/* Frees the retired zygotes that are broken, and those with no load that has a job. */
void envs_sweep(struct envs *envs);

/* Lets go of environments that have not been used for a minute. */
void envs_trim(struct envs *envs);

/* Lets go of all, used or not, with their loads. */
void envs_fini(struct envs *envs);
