/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdlib.h>

struct queue {
	TAILQ_HEAD(, queue_owner) owners;
	size_t length;
};

struct queue *queue_new(void) {
	struct queue *queue = calloc(1, sizeof(*queue));

	if (queue)
		TAILQ_INIT(&queue->owners);
	return queue;
}

struct queue *queue_free(struct queue *queue) {
	free(queue);
	return NULL;
}

void queue_owner_init(struct queue_owner *owner) {
	*owner = (struct queue_owner){0};
	TAILQ_INIT(&owner->jobs);
	TAILQ_INIT(&owner->begun);
}

/* An owner is in the ring just while it could give a job. */
static void update_owner(struct queue *queue, struct queue_owner *owner) {
	bool should = !TAILQ_EMPTY(&owner->begun) || (!owner->paused && !TAILQ_EMPTY(&owner->jobs));

	if (should && !owner->queued)
		TAILQ_INSERT_TAIL(&queue->owners, owner, link);
	else if (!should && owner->queued)
		TAILQ_REMOVE(&queue->owners, owner, link);
	owner->queued = should;
}

void queue_push(struct queue *queue, struct queue_owner *owner, struct job *job) {
	job->owner = owner;
	TAILQ_INSERT_TAIL(&owner->jobs, job, link);
	queue->length++;
	update_owner(queue, owner);
}

void queue_push_front(struct queue *queue, struct job *job) {
	TAILQ_INSERT_HEAD(&job->owner->begun, job, link);
	queue->length++;
	update_owner(queue, job->owner);
}

void queue_return(struct queue *queue, struct job *job) {
	TAILQ_INSERT_HEAD(&job->owner->jobs, job, link);
	queue->length++;
	update_owner(queue, job->owner);
}

static struct job *pop(struct queue *queue, struct queue_owner *owner) {
	struct job_list *list = TAILQ_EMPTY(&owner->begun) ? &owner->jobs : &owner->begun;
	struct job *job = TAILQ_FIRST(list);

	TAILQ_REMOVE(list, job, link);
	queue->length--;
	/* To the back of the ring, or out of it. */
	TAILQ_REMOVE(&queue->owners, owner, link);
	owner->queued = false;
	update_owner(queue, owner);
	return job;
}

struct job *queue_pop(struct queue *queue) {
	struct queue_owner *owner = TAILQ_FIRST(&queue->owners);

	return owner ? pop(queue, owner) : NULL;
}

struct job *queue_pop_idle_owner(struct queue *queue) {
	struct queue_owner *owner = TAILQ_FIRST(&queue->owners);

	while (owner && owner->running > 0)
		owner = TAILQ_NEXT(owner, link);
	return owner ? pop(queue, owner) : NULL;
}

static void forget(struct queue *queue, struct job_list *list) {
	struct job *job;

	while ((job = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, job, link);
		queue->length--;
	}
}

void queue_remove_owner(struct queue *queue, struct queue_owner *owner) {
	forget(queue, &owner->begun);
	forget(queue, &owner->jobs);
	update_owner(queue, owner);
}

void queue_remove_waiting(struct queue *queue, struct queue_owner *owner) {
	struct job *job, *next;

	forget(queue, &owner->jobs);
	for (job = TAILQ_FIRST(&owner->begun); job; job = next) {
		next = TAILQ_NEXT(job, link);
		if (job->at_work)
			continue;
		TAILQ_REMOVE(&owner->begun, job, link);
		queue->length--;
	}
	update_owner(queue, owner);
}

void queue_pause_owner(struct queue *queue, struct queue_owner *owner) {
	owner->paused = true;
	update_owner(queue, owner);
}

void queue_resume_owner(struct queue *queue, struct queue_owner *owner) {
	owner->paused = false;
	update_owner(queue, owner);
}

size_t queue_length(const struct queue *queue) {
	return queue->length;
}
