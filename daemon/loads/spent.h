/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The time that a load has spent, and whose it was. A library's own time is what the library would
 * have needed on a machine of its own: not what it waited for a processor that others had, for a
 * disk, or for us. So a verdict does not depend on who else is asked about, nor on what else the
 * machine does. Pure functions; non-logging.
 */

#include <stdbool.h>
#include <stdint.h>

struct childproc_usage;

struct spent {
	uint64_t timeout_us; /* of its own time it may have so much */
	uint64_t wall_us;    /* since its job, as far as it was looked at */
	uint64_t cpu_us;     /* on a processor */
	uint64_t waited_us;  /* ready to run, or for the daemon, while nothing of it ran */
	uint64_t disk_us;    /* in the kernel, for what a disk or a file system was to bring */
	uint64_t dead_us;    /* of that time on a processor, what threads had that have ended */
	uint64_t pending_us; /* of what it waited, for a processor, what is not told yet */
	bool is_hungry;	     /* true: when last looked at, it used its processor, or wanted it */
};

/* What is known of the time between two looks but for what the child itself has used. */
struct spent_interval {
	uint64_t passed_us; /* its length */
	uint64_t busy_us; /* of that, the child's processor ran something; UINT64_MAX: not known */
	uint64_t ours_us; /* of that, the daemon kept the child waiting, or did not look at it when
			     that was due */
};

/* Adds an interval, at whose ends the child had used 'before' and 'now'. */
void spent_add(struct spent *spent, const struct childproc_usage *before,
	const struct childproc_usage *now, const struct spent_interval *interval);

/* The library's own time in microseconds. */
uint64_t spent_own_us(const struct spent *spent);

/* Who wants the processor that a load is on. */
enum spent_rivals {
	SPENT_RIVALS_OURS,   /* other loads of ours at most */
	SPENT_RIVALS_OTHERS, /* also somebody else, or nobody knows */
};

/*
 * True if a load has had its time. That is
 * - when its own time has come to that, of which its time on a processor is a part; or
 * - where there are only rivals of ours, when so much time has passed, of which it ran for two
 *   fifths. What loads alone in a third of its time needs no more. What spins for ever would keep
 *   others of its kind from their end otherwise: many of them are given up together.
 */
bool spent_is_over(const struct spent *spent, enum spent_rivals rivals);

/* The time, in microseconds, before which it makes no difference to ask spent_is_over() again. */
uint64_t spent_left_us(const struct spent *spent);
