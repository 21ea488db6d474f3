/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The course of one job: an answer from memory, or one attempt after another until its verdict is
 * known. Decides and prepares; the schedule starts attempts and tells verdicts. Runs in the
 * daemon's loop; non-logging.
 */

#include <stdbool.h>
#include <stdint.h>

struct hostfinding;
struct job;
struct loaders;
struct loads;
struct memory;
struct tracetext;
struct verdict;
struct work;

struct work_config {
	struct loads *loads; /* for environments of further looks */
	struct memory *memory;
	struct loaders *loaders;
};

/* A new work; what 'config' points to must outlive it. work_free() frees *ret_work. Returns 0 or
 * -ENOMEM. */
int work_new(const struct work_config *config, struct work **ret_work);

/* Frees 'work'; NULL is nothing. Returns NULL. */
struct work *work_free(struct work *work);

/* Recalls the verdict for 'job', which has not begun, if its request takes remembered ones. Returns
 * true if there is one; *ret_verdict is the caller's then. */
bool work_recall(struct work *work, const struct job *job, struct verdict *ret_verdict);

/* What comes next for a job. */
enum work_next {
	WORK_ATTEMPT, /* job->attempt is to be made */
	WORK_LOOK,    /* job->waits is to be looked at, then work_looked() to be called */
	WORK_FIND,    /* job->query is to be answered, then work_found() to be called */
	WORK_DONE,    /* *verdict is the answer */
};

/* Sets up the first attempt of 'job', unless it is about what does not answer: a load would wait
 * for that as long as it may. Returns what comes next, with the answer in *ret_verdict as
 * work_take_verdict(). */
enum work_next work_begin(struct work *work, struct job *job, struct verdict *ret_verdict);

/* True if 'job' has had its first attempt set up. */
bool work_has_begun(const struct job *job);

/*
 * Takes over 'verdict', to which the attempt at 'job', a load, came in 'elapsed_us'. Returns
 * what comes next; with WORK_DONE the answer is in *verdict, which the caller frees.
 */
enum work_next work_take_verdict(
	struct work *work, struct job *job, uint64_t elapsed_us, struct verdict *verdict);

/* As work_take_verdict() after a trace, which told 'text' (NULL: nothing came of it), with the
 * answer in *ret_verdict. */
enum work_next work_take_trace(struct work *work, struct job *job, const struct tracetext *text,
	uint64_t elapsed_us, struct verdict *ret_verdict);

/* Goes on with 'job' when all that job->waits wanted has been answered, with the answer in
 * *ret_verdict. Returns as work_take_verdict(). */
enum work_next work_looked(struct work *work, struct job *job, struct verdict *ret_verdict);

/* Goes on with 'job' when its query has been answered by 'finding', which is taken over and left
 * empty, with the answer in *ret_verdict. Returns as work_take_verdict(). */
enum work_next work_found(struct work *work, struct job *job, struct hostfinding *finding,
	struct verdict *ret_verdict);

/* Gives back what 'job' holds, however far the job is. */
void work_leave(struct work *work, struct job *job);
