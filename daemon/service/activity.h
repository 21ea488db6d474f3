/* SPDX-License-Identifier: MIT */
#pragma once

/* The activity of the service, and whether it goes on; the server's. Plain data. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct activity {
	size_t calls;	    /* of Verify, being answered */
	size_t clients;	    /* connected */
	uint64_t active_ms; /* when a client last came or called a method (clock_now_ms()) */
	bool draining;	    /* true: no new calls of Verify are taken */
};
