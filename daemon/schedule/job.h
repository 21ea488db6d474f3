/* SPDX-License-Identifier: MIT */
#pragma once

/* A job: one question of a batch, and how far its answer is. For the schedule's modules. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "attempt.h"
#include "question.h"
#include "secondlook.h"
#include "stamp.h"

struct batch;
struct env;
struct hostasking;
struct hostquery;
struct leader;
struct loader;
struct sight;
struct queue_owner;

/* With which C library a job is loaded, and why. */
enum job_libc {
	JOB_ASKED,	    /* the one that is asked first */
	JOB_MOVED,	    /* the other, which is what its library is for */
	JOB_MOVED_FOR_NEED, /* the other, since that may have what its library lacks */
	JOB_MOVED_BACK,	    /* the first again: the other was tried, and refuses the library */
};

struct job {
	TAILQ_ENTRY(job) link; /* queue_owner.jobs, .missed or .begun, or leader.followers */
	struct queue_owner *owner;
	struct batch *batch; /* to which the question belongs */
	struct question question;
	struct env *env;    /* of the batch; of the other C library, once that is what it needs */
	enum job_libc libc; /* whose 'env' is */
	const struct loader *moving; /* it is to move to the environment of, once that is known */
	enum job_libc moving_as;     /* which it is then */
	uint64_t arrival;	     /* of the batch: memory_new_request() */

	struct attempt attempt; /* the present one, or the next; its env is NULL before the first */
	struct moment start;	/* of the first attempt */
	struct stamp stamp;	/* of the library then, if the call has a time for all */
	struct secondlook *look; /* NULL before the first attempt, after the last, without memory */
	struct secondlook_next next;   /* what 'waits' is needed for; without a verdict */
	struct sight *sight;	       /* of the environment that 'next' wants; NULL: not needed */
	struct sight *waits;	       /* what is being looked at for the job, or NULL */
	const struct hostquery *query; /* what is being found out for the job, or NULL */
	struct hostasking *asking;     /* the same, as it was asked; NULL: it was not */
	unsigned failures; /* how often the loader, not the library, failed this attempt */

	bool is_first; /* true: the attempt is the first one in 'env' */

	struct leader *leader; /* behind which the job waits, or NULL */
	bool alone;	       /* true: the job waits for no other any more */
	bool at_work; /* true: the first attempt has been set up, the verdict is not known */
};

TAILQ_HEAD(job_list, job);

/* Whether the environment of 'job' is its own, and not that of the batch. */
static inline bool job_has_moved(const struct job *job) {
	return job->libc == JOB_MOVED || job->libc == JOB_MOVED_FOR_NEED;
}

/* The job that 'attempt' is the present one of. */
static inline struct job *job_of_attempt(struct attempt *attempt) {
	return (struct job *)(void *)((char *)attempt - offsetof(struct job, attempt));
}
