/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Works the queue off: decides how many loads run at a time, in which zygote and on which
 * processor, when one is slow and when its time has passed. Runs in the daemon's loop; logs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "strv.h"

struct event_base;
struct job;
struct loadenv;
struct pool;
struct pool_env;
struct queue;
struct queue_owner;
struct sandbox;
struct work;

struct pool_config {
	struct event_base *base;
	struct sandbox *sandbox;
	struct queue *queue;
	struct work *work;     /* what judges; set by pool_set_work() */
	const char *loader;    /* absolute path of the loader program */
	const char *home;      /* $TSUKU_HOME, or NULL */
	const char *user_home; /* $HOME, or NULL */
	unsigned parallel;     /* loads at a time; 0: as many as processors */
};

/* A new pool; everything in 'config' must outlive it. Returns 0 or -errno. */
int pool_new(const struct pool_config *config, struct pool **ret_pool);

/* Who is asked before a job is loaded, and told how that went. */
void pool_set_work(struct pool *pool, struct work *work);

/* Kills all loads and frees the pool. No job is told. */
struct pool *pool_free(struct pool *pool);

/*
 * The load environment for these settings, shared with other calls of the same settings; with
 * 'for_many' for more than one load. pool_put_env() gives it back. Returns 0, LOADENV_E_TOO_MANY or
 * -errno.
 */
int pool_get_env(struct pool *pool, const struct strv *library_path, const struct strv *roots,
	bool for_many, struct pool_env **ret_env);

void pool_put_env(struct pool *pool, struct pool_env *env);

/* What 'env' is made of. */
const struct loadenv *pool_env_loadenv(const struct pool_env *env);

/* Puts a job that has been loaded back to be loaded once more, before others of its owner. */
void pool_resume(struct pool *pool, struct job *job);

/*
 * Has the dynamic linker trace the library of job->attempt (trace.h); work_traced() is told what
 * came of it. Returns 0 or -errno, and then it is not.
 */
int pool_trace(struct pool *pool, struct job *job);

/* Starts what can be started. To be called when jobs have been queued. */
void pool_pump(struct pool *pool);

/* Ends the load that works on 'job', if any; the job is not told and may be freed. */
void pool_cancel(struct pool *pool, struct job *job);

/* Takes note that the child process 'pid' of the daemon has ended. */
void pool_on_child(struct pool *pool, pid_t pid, int wait_status);

/* Lets go of what only speeds up later calls. */
void pool_trim(struct pool *pool);

struct pool_figures {
	uint64_t done; /* loads since the start */
	unsigned running;
	unsigned parallel;
	unsigned zygotes;
};

void pool_get_figures(const struct pool *pool, struct pool_figures *ret_figures);
