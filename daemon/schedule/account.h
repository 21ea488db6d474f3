/* SPDX-License-Identifier: MIT */
#pragma once

/* What a client has had of the daemon's time, by which its turn comes (queue.h). */

#include <stdint.h>

/* Zeros are the account of a client that is new. */
struct account {
	uint64_t served_us;
};
