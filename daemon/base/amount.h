/* SPDX-License-Identifier: MIT */
#pragma once

/* Sums with amounts, which are never less than nothing. Non-logging. */

#include <stdint.h>

/* The smaller of two. */
static inline uint64_t amount_min(uint64_t a, uint64_t b) {
	return a < b ? a : b;
}

/* What is left of 'a' without 'b'; 0 if that is more. */
static inline uint64_t amount_less(uint64_t a, uint64_t b) {
	return a > b ? a - b : 0;
}
