/* SPDX-License-Identifier: MIT */
#pragma once

#include <errno.h>
#include <stdbool.h>

/* True if 'error', an errno, says that the system has no more processes, memory or descriptors for
 * now: what failed for it may be done later. */
static inline bool scarce_is_meant_by(int error) {
	switch (error) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ETOOMANYREFS: /* descriptors that are on their way through sockets (unix(7)) */
		return true;
	default:
		return false;
	}
}
