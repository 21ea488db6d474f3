/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The load environments of the pool with their zygotes: found again by what they were made of,
 * renewed when that has changed, let go when nobody uses them. For the pool alone. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "mapped.h"
#include "stamp.h"

struct loadenv;
struct strv;
struct zygote;

struct pool_env {
	TAILQ_ENTRY(pool_env) link; /* pool_envs.list */
	struct loadenv *loadenv;
	struct zygote *zygote; /* NULL until needed, and after it broke; the pool's */
	struct moment zygote_start;
	struct mapped mapped; /* what that zygote has mapped; nothing before that is asked for */
	unsigned refs;	      /* calls and second looks that use it */
	bool for_many;	      /* calls use it, not only a second look */
	bool printing;	      /* the last job wanted to know what was printed */
	bool stale;	      /* directories have changed: new calls get another */
	/* Before any load ended there: zygotes in a row that broke, or children that could not be
	 * confined, and children that somebody killed. */
	unsigned failures, killed;
	uint64_t broken_until_ms;
	uint64_t used_ms;
	char complaint[160];
};

struct pool_envs {
	TAILQ_HEAD(pool_env_list, pool_env) list;
	const char *home;      /* $TSUKU_HOME, or NULL */
	const char *user_home; /* $HOME, or NULL */
	/* Called with the zygote of an environment that is let go. */
	void (*retire)(void *context, struct zygote *zygote);
	void *context;
};

/*
 * The environment for these settings, shared with others of the same settings. pool_envs_put()
 * gives it back. Returns 0, LOADENV_E_TOO_MANY or -errno.
 */
int pool_envs_get(struct pool_envs *envs, const struct strv *library_path, const struct strv *roots,
	struct pool_env **ret_env);

void pool_envs_put(struct pool_envs *envs, struct pool_env *env);

/* The zygote with this process id in one of them; NULL if there is none. */
struct zygote *pool_envs_zygote(const struct pool_envs *envs, pid_t pid);

/* The environment of 'zygote'; NULL if it has been let go. */
struct pool_env *pool_envs_of(const struct pool_envs *envs, const struct zygote *zygote);

/* Whether a loader started now would be the same program with the same C library as the one that
 * runs in 'env'. If not, new calls get another environment. */
bool pool_env_is_same(struct pool_env *env);

/* Notes that a zygote or child of 'env' was of no use. True if that was once too often: then there
 * are no loads in it for a while. */
bool pool_env_fail(struct pool_env *env);

/* Notes that a child of 'env' ended with 'wait_status' before it had a job. As above. */
bool pool_env_lose_spare(struct pool_env *env, int wait_status);

/* Notes that a load has ended in 'env', so that all is well. */
void pool_env_succeed(struct pool_env *env);

/* Whether there are no loads in 'env' now. */
bool pool_env_is_broken(const struct pool_env *env);

/* Whether children of 'env' are to be made ahead of need. */
bool pool_env_wants_spares(const struct pool_env *env);

/* What the loader that runs in 'env' has mapped, for whoever looks later whether it is still the
 * same; NULL if that is not certain. */
const struct mapped *pool_env_mapped(struct pool_env *env);

/* Lets go of what has not been used for a while. */
void pool_envs_trim(struct pool_envs *envs);

/* Lets go of all, used or not. */
void pool_envs_fini(struct pool_envs *envs);
