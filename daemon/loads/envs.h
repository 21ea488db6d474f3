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
struct loader;
struct request;
struct sight;
struct strv;
struct zygote;

struct env {
	TAILQ_ENTRY(env) link;	    /* envs.list */
	struct loadenv *loadenv;    /* the environment's own */
	struct zygote *zygote;	    /* NULL until needed, and after it broke; set by the loads */
	struct moment zygote_start; /* just before 'zygote' was started */
	struct mapped mapped;	    /* files that 'zygote' has mapped; empty until env_mapped() */
	unsigned refs;		    /* calls and second looks that use the environment */
	bool for_many;		    /* true: calls use the environment, not only second looks */
	bool printing;		    /* true: the last job wanted to know what was printed */
	bool stale;		    /* true: directories have changed, new calls get another */
	unsigned failures; /* zygotes broken and children not confined since a load last ended */
	unsigned killed;   /* children that somebody killed before their job, since then */
	uint64_t broken_until_ms; /* no loads are made in the environment before */
	uint64_t used_ms;	  /* when the environment was last got or put */
	char complaint[160];	  /* about the zygote that broke last */
};

struct envs {
	TAILQ_HEAD(env_list, env) list; /* in use, or not idle for a minute yet */
	struct zygote *retired;	       /* zygotes without an environment; linked by zygote_next() */
	const char *home;	       /* $TSUKU_HOME, or NULL */
	const struct strv *user_homes; /* that the daemon knows; not to be given to libraries */
	/* Something is to be freed. The callee has envs_sweep() called, but later. */
	void (*on_sweep_due)(void *context);
	void *context;
};

/* The load environment of 'env', which keeps it. */
const struct loadenv *env_loadenv(const struct env *env);

/* The files that the loader in 'env' has mapped, which a later comparison needs; they stay those of
 * 'env'. NULL if they are not certain. */
const struct mapped *env_mapped(struct env *env);

/* True if the loader that runs in 'env' is certainly what would be started now; else 'env' is stale
 * from then on. */
bool env_is_same(struct env *env);

/* Notes that the zygote of 'env' broke, or that a child in it could not be confined, for
 * 'complaint', a text for a person that is copied; NULL leaves the one before. Returns true if
 * 'env' is left without loads for a while because of that. */
bool env_fail(struct env *env, const char *complaint);

/* Notes that a child in 'env' ended with 'wait_status' before it had a job. Returns as env_fail().
 */
bool env_lose_spare(struct env *env, int wait_status);

/* Notes that a load has ended in 'env': earlier failures count no more. */
void env_succeed(struct env *env);

/* True if no loads are to be made in 'env' now. */
bool env_is_broken(const struct env *env);

/* True if children are to be made in 'env' ahead of need. */
bool env_wants_spares(const struct env *env);

/*
 * Gets the environment of loads by 'loader' for 'library_path' and for the roots and homes of
 * 'request', which all users of the same settings share. envs_put() gives *ret_env back. Returns 0,
 * LOADENV_E_TOO_MANY or -errno; -EREMOTE if 'sight' waits for something (sight.h).
 */
int envs_get(struct envs *envs, const struct loader *loader, const struct strv *library_path,
	const struct request *request, struct sight *sight, struct env **ret_env);

/* Gives 'env' back. If nobody uses it and new calls would get another, envs_sweep() frees it. */
void envs_put(struct envs *envs, struct env *env);

/* The zygote with the process id 'pid', be it retired; NULL if there is none. */
struct zygote *envs_find_zygote(const struct envs *envs, pid_t pid);

/* The environment of 'zygote'; NULL if the zygote is retired. */
struct env *envs_of(const struct envs *envs, const struct zygote *zygote);

/* Retires the zygote of 'env', if there is one; 'env' has none then. */
void envs_retire(struct envs *envs, struct env *env);

/* Frees the environments that are stale and not in use, the retired zygotes that are broken, and
 * those with no load that has a job. */
void envs_sweep(struct envs *envs);

/* Frees environments that have not been used for a minute. */
void envs_trim(struct envs *envs);

/* Lets go of environments that are not in use, however short a time ago that was. */
void envs_drop_idle(struct envs *envs);

/* Has the children that were made ahead of need come to their end. */
void envs_dismiss_spares(struct envs *envs);

/* Frees all environments and retired zygotes, used or not, with their loads. */
void envs_fini(struct envs *envs);
