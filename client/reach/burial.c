/* SPDX-License-Identifier: MIT */
#include "burial.h"

#include <stddef.h>
#include <sys/wait.h>

#define FIRST_STEP_MS 1
#define STEP_MAX_MS   10

bool burial_wait(pid_t pid, unsigned ms, const struct deadline *deadline) {
	unsigned step = FIRST_STEP_MS;

	for (unsigned waited = 0;; waited += step) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return true;
		if (waited >= ms || deadline_has_passed(deadline))
			return false;
		deadline_pause(deadline, step);
		if (step < STEP_MAX_MS)
			step++;
	}
}
