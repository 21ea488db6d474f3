/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The wait for room: when the system gives no process, memory or descriptor and nothing runs whose
 * end would give some back, all jobs wait together for 3 s, and not each for its own. After that
 * none waits until something could be had again. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>

struct roomwait {
	unsigned tries;	     /* that failed, one after the other */
	uint64_t last_ms;    /* when the last one did */
	char complaint[160]; /* what the last one failed for, for a person */
};

/* Notes that a try failed for want of room, for 'complaint', which is copied, while nothing ran;
 * tries are 50 ms apart (shortage.h). True if the wait is over: there is none. */
bool roomwait_note(struct roomwait *wait, const char *complaint);

/* Notes that there was room. */
void roomwait_end(struct roomwait *wait);
