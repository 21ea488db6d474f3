/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Patience: how long answers are waited for, whatever the other side says meanwhile. It is the sum
 * of the times that were promised for the paths that are open, and a little more. The sum is
 * counted as loads count their time: while several want each processor, a second of everybody's is
 * less than one for each. What is had beyond it is time by the clock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of what is had beyond the promises, so much is for the user's own daemon, and so much for private
 * ones after it. With the looks before and the end of a daemon behind that it is less than 10 s. */
#define PATIENCE_MORE_MS    3000
#define PATIENCE_PRIVATE_MS 2000

struct patience {
	uint64_t promised_ms; /* left of the sum */
	uint64_t more_ms;     /* left of what is had beyond it, */
	uint64_t reserve_ms;  /* and what of that is kept for who is asked later */
	uint64_t seen_ms;     /* when that was so */
	uint64_t each_ms;     /* what is promised for a path */
};

/* The patience for 'open' paths with 'timeout_ms' for each (0: what the daemon gives), from now on.
 */
struct patience patience_new(size_t open, unsigned timeout_ms);

/* Leaves to those that are open still no more than was promised for them. */
void patience_renew(struct patience *patience, size_t open);

/* Lets what was kept be used, from now on. */
void patience_use_reserve(struct patience *patience);

/* True if there is none left. Counts what has passed. */
bool patience_has_ended(struct patience *patience);
