/* SPDX-License-Identifier: MIT */
#pragma once

/* A batch: the questions of one call, and how far they are. For the schedule's modules. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "queue.h"
#include "schedule.h"

struct env;
struct job;
struct request;
struct sight;

struct batch {
	struct schedule *schedule;
	const struct request *request;
	struct schedule_asker asker;
	struct queue_owner owner;
	struct account account; /* once nobody asks any more */
	bool paused;		/* true: by whoever asks */
	struct sight *sight;	/* of the environment; NULL once that is known */
	struct env *env;	/* NULL until what its directories lead to is known */
	uint64_t arrival;
	struct job *jobs; /* one a path; those not asked about have no batch */
	size_t at_work;	  /* of the jobs */

	struct request *left;	 /* 'request', once nobody is to be told anything; else NULL */
	uint64_t until_ms;	 /* the end of what is left, at the latest (clock_now_ms()) */
	TAILQ_ENTRY(batch) link; /* leftovers.batches, once it is left */
};
