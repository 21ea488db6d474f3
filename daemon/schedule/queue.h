/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A queue of jobs that wait, fair between their owners: the next job is of the owner that has been
 * served least, and of those that have been served the same each in turn gives one. So one path
 * asked about is next, however many another client has asked about, and however much each of those
 * takes. Who comes begins where the others are, and saves nothing up while it wants nothing.
 * Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

#include "account.h"
#include "job.h"

struct queue_owner {
	TAILQ_ENTRY(queue_owner) link; /* queue.owners, while 'queued' */
	struct account *account;       /* of what is done for the owner */
	struct job_list jobs;	       /* not begun */
	struct job_list missed;	       /* not begun, and not remembered */
	struct job_list begun;	       /* put back by queue_push_front() */
	unsigned running;	       /* attempts at work for jobs of the owner; the schedule's */
	bool paused; /* true: the owner gives no jobs but those that were put back */
	bool queued; /* true: the owner is in the ring, since it can give a job */
};

struct queue;

/* A new empty queue, which queue_free() frees; NULL if out of memory. */
struct queue *queue_new(void);

/* Frees 'queue' and forgets the jobs in it, which are their owners'. Returns NULL. */
struct queue *queue_free(struct queue *queue);

/* Makes 'owner' one that has no jobs, runs nothing and is not paused; 'account' must stay as long
 * as it. */
void queue_owner_init(struct queue_owner *owner, struct account *account);

/* Appends 'job' to those of 'owner'. */
void queue_push(struct queue *queue, struct queue_owner *owner, struct job *job);

/* Puts 'job' back, which has been taken: before the others of its owner, and to be taken even if
 * the owner is paused, since other jobs may wait for this one. */
void queue_push_front(struct queue *queue, struct job *job);

/* Puts 'job' back, which has been taken and not begun: before the others of its owner, and while
 * the owner is paused it waits as they do. */
void queue_return(struct queue *queue, struct job *job);

/* Puts 'job' back, which has been taken by queue_pop_unsought() in vain: behind those of its owner
 * for which that was so, and before those for which it is not known. */
void queue_push_missed(struct queue *queue, struct job *job);

/* Takes out the next job. NULL if none waits. */
struct job *queue_pop(struct queue *queue);

/* Takes out the next job of an owner for which nothing runs. NULL if none waits. */
struct job *queue_pop_idle_owner(struct queue *queue);

/* Takes out the next job of which it is not known whether its answer is remembered. NULL if there
 * is none. */
struct job *queue_pop_unsought(struct queue *queue);

/* Forgets all jobs of 'owner' that wait. */
void queue_remove_owner(struct queue *queue, struct queue_owner *owner);

/* Forgets all jobs of 'owner' that wait and are not at work. */
void queue_remove_waiting(struct queue *queue, struct queue_owner *owner);

/* Has 'owner' give no jobs but those that were put back, until queue_resume_owner(). */
void queue_pause_owner(struct queue *queue, struct queue_owner *owner);
void queue_resume_owner(struct queue *queue, struct queue_owner *owner);

/* The number of jobs that wait, those of paused owners included. */
size_t queue_length(const struct queue *queue);
