/* SPDX-License-Identifier: MIT */
#include "roomwait.h"

#include <stdio.h>

#include "clock.h"

/* Tries that fail before the wait is over: 3 s. */
#define TRIES_MAX 60
/* When a want is another one, for which is waited anew. Who asks in between, as tsuku does with one
 * call after the other, has the answer of one try. */
#define FORGOTTEN_MS 10000

bool roomwait_note(struct roomwait *wait, const char *complaint) {
	uint64_t now = clock_now_ms();

	if (now - wait->last_ms > FORGOTTEN_MS)
		wait->tries = 0;
	wait->last_ms = now;
	snprintf(wait->complaint, sizeof(wait->complaint), "%s", complaint);
	if (wait->tries < TRIES_MAX)
		wait->tries++;
	return wait->tries == TRIES_MAX;
}

void roomwait_end(struct roomwait *wait) {
	wait->tries = 0;
}
