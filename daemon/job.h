/* SPDX-License-Identifier: MIT */
#pragma once

/* One library to be loaded for one call: what the queue holds and the pool works on. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct load;
struct pool_env;
struct queue_owner;
struct request;
struct verdict;

struct job;

/* Tells the job's owner how it went. The verdict is the callee's to keep or to free; the job may
 * be freed in the call. */
typedef void (*job_done_fn)(struct job *job, struct verdict *verdict);

struct job {
	TAILQ_ENTRY(job) link; /* queue_owner.jobs */
	struct queue_owner *owner;
	const char *path; /* absolute; the owner's */
	const struct request *request;
	struct pool_env *env; /* the owner's */
	job_done_fn done;
	struct load *load; /* the load that works on it, or NULL */
	unsigned failures; /* times the loader, not the library, failed it */
};

TAILQ_HEAD(job_list, job);
