/* SPDX-License-Identifier: MIT */
#pragma once

/* One library to be loaded for one call: what the queue holds and the pool works on. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "stamp.h"

struct leader;
struct load;
struct secondlook;
struct pool_env;
struct queue_owner;
struct request;
struct verdict;
struct work;

struct job;

/* Tells the job's owner how it went. The verdict is the callee's to keep or to free; the job may
 * be freed in the call. */
typedef void (*job_done_fn)(struct job *job, struct verdict *verdict);

/* One load of a job's library; a job takes more than one when there is more to look for. */
struct attempt {
	struct pool_env *env;
	const char *path;	    /* what to load, absolute */
	const struct strv *preload; /* to be loaded before those of the request, or NULL */
	uint32_t flags;		    /* LOADER_JOB_* besides those of the request */
	uint32_t timeout_ms;
};

struct job {
	TAILQ_ENTRY(job) link; /* queue_owner.jobs */
	struct queue_owner *owner;
	const char *path; /* absolute; the owner's */
	const struct request *request;
	struct pool_env *env; /* the owner's */
	job_done_fn done;
	uint64_t arrival; /* memory_new_request() when the call came */

	/* work's */
	struct work *work;
	struct moment start; /* of its first load */
	bool doubtful;	     /* what came of it is not to be remembered */
	struct attempt attempt;
	struct leader *leader;	    /* whose verdict it waits for, or NULL */
	TAILQ_ENTRY(job) following; /* leader.followers */
	bool alone;		    /* does not wait for others again */
	struct secondlook *look;    /* NULL before the first load, and when that is all */

	/* the pool's */
	struct load *load;   /* the load that works on it, or NULL */
	unsigned failures;   /* times the loader, not the library, failed it */
	unsigned room_waits; /* times there was no process or descriptor for it */
};

TAILQ_HEAD(job_list, job);
