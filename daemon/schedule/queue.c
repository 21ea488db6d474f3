/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdlib.h>

struct queue {
	TAILQ_HEAD(, queue_owner) owners;
	size_t length;
	uint64_t served_us; /* by how much the one had been served whose job was taken last */
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

void queue_owner_init(struct queue_owner *owner, struct account *account) {
	*owner = (struct queue_owner){.account = account};
	TAILQ_INIT(&owner->jobs);
	TAILQ_INIT(&owner->missed);
	TAILQ_INIT(&owner->begun);
}

static bool can_give(const struct queue_owner *owner) {
	if (!TAILQ_EMPTY(&owner->begun))
		return true;
	return !owner->paused && (!TAILQ_EMPTY(&owner->jobs) || !TAILQ_EMPTY(&owner->missed));
}

static void insert(struct queue *queue, struct queue_owner *owner) {
	TAILQ_INSERT_TAIL(&queue->owners, owner, link);
	if (owner->account->served_us < queue->served_us)
		owner->account->served_us = queue->served_us;
}

/* An owner is in the ring just while it could give a job. */
static void update_owner(struct queue *queue, struct queue_owner *owner) {
	bool should = can_give(owner);

	if (should && !owner->queued)
		insert(queue, owner);
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

void queue_push_missed(struct queue *queue, struct job *job) {
	TAILQ_INSERT_TAIL(&job->owner->missed, job, link);
	queue->length++;
	update_owner(queue, job->owner);
}

void queue_return(struct queue *queue, struct job *job) {
	TAILQ_INSERT_HEAD(&job->owner->jobs, job, link);
	queue->length++;
	update_owner(queue, job->owner);
}

static bool is_any(const struct queue_owner *owner) {
	(void)owner;
	return true;
}

static bool runs_nothing(const struct queue_owner *owner) {
	return owner->running == 0;
}

static bool has_unsought(const struct queue_owner *owner) {
	return !owner->paused && !TAILQ_EMPTY(&owner->jobs);
}

/* Whose turn it is of those that are 'fit'. NULL if nobody's. */
static struct queue_owner *find_owner(
	const struct queue *queue, bool (*is_fit)(const struct queue_owner *owner)) {
	struct queue_owner *found = NULL, *owner;

	TAILQ_FOREACH (owner, &queue->owners, link) {
		if (!is_fit(owner) ||
			(found && owner->account->served_us >= found->account->served_us))
			continue;
		found = owner;
	}
	return found;
}

static struct job *take(struct queue *queue, struct queue_owner *owner, struct job_list *list) {
	struct job *job = TAILQ_FIRST(list);

	TAILQ_REMOVE(list, job, link);
	queue->length--;
	if (queue->served_us < owner->account->served_us)
		queue->served_us = owner->account->served_us;
	/* To the back of the ring, or out of it. */
	TAILQ_REMOVE(&queue->owners, owner, link);
	owner->queued = false;
	update_owner(queue, owner);
	return job;
}

static struct job *pop(struct queue *queue, struct queue_owner *owner) {
	struct job_list *list = TAILQ_EMPTY(&owner->missed) ? &owner->jobs : &owner->missed;

	return take(queue, owner, TAILQ_EMPTY(&owner->begun) ? list : &owner->begun);
}

struct job *queue_pop(struct queue *queue) {
	struct queue_owner *owner = find_owner(queue, is_any);

	return owner ? pop(queue, owner) : NULL;
}

struct job *queue_pop_idle_owner(struct queue *queue) {
	struct queue_owner *owner = find_owner(queue, runs_nothing);

	return owner ? pop(queue, owner) : NULL;
}

struct job *queue_pop_unsought(struct queue *queue) {
	struct queue_owner *owner = find_owner(queue, has_unsought);

	return owner ? take(queue, owner, &owner->jobs) : NULL;
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
	forget(queue, &owner->missed);
	forget(queue, &owner->jobs);
	update_owner(queue, owner);
}

void queue_remove_waiting(struct queue *queue, struct queue_owner *owner) {
	struct job *job, *next;

	forget(queue, &owner->missed);
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
