/* SPDX-License-Identifier: MIT */
#include "deadline.h"

#include <time.h>

uint64_t deadline_now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct deadline deadline_after(uint64_t start_ms, unsigned ms) {
	return (struct deadline){ms > 0 ? start_ms + ms : 0};
}

struct deadline deadline_before(const struct deadline *deadline, unsigned ms) {
	return (struct deadline){deadline->at_ms > ms ? deadline->at_ms - ms : deadline->at_ms};
}

bool deadline_has_passed(const struct deadline *deadline) {
	return deadline_left_ms(deadline, 1) == 0;
}

unsigned deadline_left_ms(const struct deadline *deadline, unsigned most_ms) {
	uint64_t now = deadline->at_ms > 0 ? deadline_now_ms() : 0;
	uint64_t left = deadline->at_ms > now ? deadline->at_ms - now : 0;

	return deadline->at_ms == 0 || left > most_ms ? most_ms : (unsigned)left;
}

void deadline_pause(const struct deadline *deadline, unsigned ms) {
	unsigned left = deadline_left_ms(deadline, ms);
	const struct timespec time = {
		.tv_sec = left / 1000, .tv_nsec = (long)(left % 1000) * 1000000};

	nanosleep(&time, NULL);
}
