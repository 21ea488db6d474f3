/* SPDX-License-Identifier: MIT */
#pragma once

/* A deadline: when the answers have to be there, whatever has none by then. */

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	uint64_t at_ms; /* of deadline_now_ms(); 0: never */
};

/* The monotonic time in milliseconds. */
uint64_t deadline_now_ms(void);

/* The deadline that is 'ms' after 'start_ms'; none if 'ms' is 0. */
struct deadline deadline_after(uint64_t start_ms, unsigned ms);

/* What is sooner than 'deadline' by 'ms'; none if there is none. */
struct deadline deadline_before(const struct deadline *deadline, unsigned ms);

/* True if 'deadline' has passed. */
bool deadline_has_passed(const struct deadline *deadline);

/* How many milliseconds there are until 'deadline', 'most_ms' at most. */
unsigned deadline_left_ms(const struct deadline *deadline, unsigned most_ms);

/* Waits for 'ms', or until 'deadline'. */
void deadline_pause(const struct deadline *deadline, unsigned ms);
