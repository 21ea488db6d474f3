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
	struct job_list begun; /* put back */
	unsigned running;      /* loads that work on its jobs; the pool's */
	bool paused;
	bool queued;
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

/* Takes the next job; with 'newcomers' only of an owner for which nothing runs. NULL if none waits.
 */
struct job *queue_pop(struct queue *queue, bool newcomers);

/* Forgets all jobs of 'owner' that wait. */
void queue_remove_owner(struct queue *queue, struct queue_owner *owner);

/* Lets 'owner' give no jobs but those that were put back, or all again. */
void queue_pause_owner(struct queue *queue, struct queue_owner *owner, bool pause);

/* How many jobs wait, those of paused owners included. */
size_t queue_length(const struct queue *queue);

/* Whether queue_pop() would give a job. */
bool queue_is_ready(const struct queue *queue);
