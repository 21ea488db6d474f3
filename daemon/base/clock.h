/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>
#include <time.h>

/* Monotonic time (clock_gettime(2)) in microseconds. */
static inline uint64_t clock_now_us(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Monotonic time in milliseconds. */
static inline uint64_t clock_now_ms(void) {
	return clock_now_us() / 1000;
}
