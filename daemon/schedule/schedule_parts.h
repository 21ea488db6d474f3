/* SPDX-License-Identifier: MIT */
#pragma once

/* The struct schedule with its parts, and what they have in common; for schedule.c and
 * schedule_batch.c alone. */

#include <stdbool.h>
#include <stdint.h>

#include "roomwait.h"
#include "schedule.h"

struct event;
struct hindsight;
struct hostfinder;
struct inflight;
struct job;
struct leftovers;
struct loaders;
struct loads;
struct lookers;
struct queue;
struct verdict;
struct work;

struct schedule {
	struct memory *memory;
	struct loaders *loaders;
	struct loads *loads;
	struct lookers *lookers;
	struct hostfinder *hostfinder;
	struct work *work;
	struct queue *queue;
	struct inflight *inflight;
	struct hindsight *hindsight;
	struct event *pump; /* starts what can be started */
	struct event *idle; /* nothing could be */
	struct leftovers *leftovers;
	uint64_t done;
	bool lacks_room; /* true: a job waits for what may be kept for later calls */
	struct roomwait roomwait;
	bool refuses; /* true: none of those that wait shall wait for room any longer */
};

/* Has the loop start what can be started. */
void schedule_wake(struct schedule *schedule);

/* Tells 'verdict', which is taken over, to whoever asked 'job'. */
void schedule_tell(struct job *job, struct verdict *verdict);

/* Whether what lacks room, for 'complaint', is to wait for it. Somebody has taken all the processes
 * or descriptors there are; it may be a library that is being loaded. */
bool schedule_may_wait_for_room(struct schedule *schedule, const char *complaint);

/* Nobody is to wait for 'job' any longer, if somebody else is told of it. */
void schedule_release_impatient(struct schedule *schedule, struct job *job);

/* Has those that waited for 'job' go on: what it left in memory will do, or they are loaded. */
void schedule_release_followers(struct schedule *schedule, struct job *job);
