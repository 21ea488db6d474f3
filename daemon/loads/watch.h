/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A watch over one child that takes long: what it has spent, what memory it has, whether it is
 * there. Begun when the child gets its job, which costs nothing; the first look is the first thing
 * that does. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "childproc.h"
#include "spent.h"

struct processors;
struct reserve;

/* The child that is watched. */
struct watch_child {
	pid_t pid, parent;
	int processor;	/* index of the one that it stays on; -1: none */
	unsigned asked; /* how often it has asked the daemon for something, and waited for it */
};

struct watch {
	struct processors *processors; /* where what it uses is counted; NULL: nowhere */
	struct reserve *reserve;       /* descriptors to look with; NULL: none are kept back */
	uint64_t looked_us;	       /* the last look, or when it was begun */
	uint64_t due_us;	       /* the next look */
	struct childproc_usage usage;  /* as it was then */
	struct spent spent;
	unsigned looks;		/* that saw something */
	unsigned asked;		/* as it was then, like the next two */
	uint64_t delay_us;	/* how long the daemon had waited for processors */
	uint64_t busy_us;	/* how long its processor had been busy */
	uint64_t first_busy_us; /* the same at the second look; 0: not known */
	uint64_t first_used_us; /* of which loads had used so much */
};

/* Begins to watch now a child that has 'timeout_ms' of its own time; the first look is due in
 * 'first_look_ms'. */
void watch_begin(struct watch *watch, struct processors *processors, struct reserve *reserve,
	uint32_t timeout_ms, unsigned first_look_ms);

enum watch_finding {
	WATCH_GOES_ON,
	WATCH_OVER,	 /* it has had its time */
	WATCH_TOO_LARGE, /* it has more memory than a load may have */
	WATCH_TOO_MANY,	 /* it has more threads */
	WATCH_ENDED,	 /* it is not there any more, or a zombie */
	WATCH_BLIND,	 /* nothing could be seen, for want of a descriptor */
};

/* Looks at 'child', and adds what it has spent. */
enum watch_finding watch_look(struct watch *watch, const struct watch_child *child);

/* Sets when the next look is due, and returns in how many milliseconds that is. */
unsigned watch_plan(struct watch *watch);

/* The library's own time until 'now_us' in microseconds; since the last look it is what passed, but
 * no more than what should have passed until the next. */
uint64_t watch_own_us(const struct watch *watch, uint64_t now_us);
