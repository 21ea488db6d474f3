/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Jobs that wait, fair between their owners: each owner in turn gives one. An owner is a call, so
 * one path asked about is next but a few, however many another client has asked about.
 * Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

#include "job.h"

struct queue_owner {
	TAILQ_ENTRY(queue_owner) link; /* queue.owners, while it can give a job */
	struct job_list jobs;
	struct job_list begun; /* those that were put back */
	unsigned running;      /* attempts at work for its jobs; the schedule's */
	bool paused;	       /* true: it gives no jobs but those that were put back */
	bool queued;	       /* true: it is in the ring, since it can give a job */
};

struct queue;

/* A new empty queue, or NULL when there is no memory. */
struct queue *queue_new(void);

/* Frees the queue; jobs in it are forgotten. */
struct queue *queue_free(struct queue *queue);

void queue_owner_init(struct queue_owner *owner);

/* Appends 'job' to those of 'owner'. */
void queue_push(struct queue *queue, struct queue_owner *owner, struct job *job);

/* Puts 'job' back, which has been taken: before the others of its owner, and even if that is
 * paused, since others may wait for what comes of it. */
void queue_push_front(struct queue *queue, struct job *job);

/* Takes the next job. NULL if none waits. */
struct job *queue_pop(struct queue *queue);

/* The same, but only from owners for which nothing runs. */
struct job *queue_pop_idle_owner(struct queue *queue);

/* Forgets all jobs of 'owner' that wait. */
void queue_remove_owner(struct queue *queue, struct queue_owner *owner);

/* Has 'owner' give no jobs but those that were put back, until queue_resume_owner(). */
void queue_pause_owner(struct queue *queue, struct queue_owner *owner);
void queue_resume_owner(struct queue *queue, struct queue_owner *owner);

/* How many jobs wait, those of paused owners included. */
size_t queue_length(const struct queue *queue);
