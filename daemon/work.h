/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What becomes of a job: an answer from memory, or one load after another in the pool, and traces,
 * until its verdict is known. Runs in the daemon's loop; non-logging.
 */

#include <stdbool.h>
#include <stdint.h>

struct job;
struct memory;
struct pool;
struct tracetext;
struct verdict;
struct work;

struct work_config {
	struct pool *pool;
	struct memory *memory;
};

/* Returns 0 or -ENOMEM. */
int work_new(const struct work_config *config, struct work **ret_work);

/* No job is told. */
struct work *work_free(struct work *work);

/* Marks the arrival of a request, for job->arrival. */
uint64_t work_new_request(struct work *work);

/* The job has been taken from the queue. Returns whether it is to be loaded now, as job->attempt
 * says; otherwise it has its answer already. */
bool work_begin(struct work *work, struct job *job);

/* A load of the job gave 'verdict', which is taken over, in 'elapsed_us'. Either its owner is told,
 * or the job goes on. */
void work_judge(struct work *work, struct job *job, struct verdict *verdict, uint64_t elapsed_us);

/* The same for a trace; 'text' is NULL when nothing came of it. */
void work_traced(
	struct work *work, struct job *job, const struct tracetext *text, uint64_t elapsed_us);

/* There is nothing to load: a moment for what can wait. */
void work_on_idle(struct work *work);

/* A load of the job takes long: nobody shall wait for it. */
void work_on_slow(struct work *work, struct job *job);

/* Forgets the job and ends what runs for it; its owner is not told and may free it. */
void work_cancel(struct work *work, struct job *job);
