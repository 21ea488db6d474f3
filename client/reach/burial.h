/* SPDX-License-Identifier: MIT */
#pragma once

/* Children that are to end, and may be in the kernel for good. Nobody waits for them without limit;
 * whoever has not ended then is somebody else's child when this program ends. */

#include <stdbool.h>
#include <sys/types.h>

#include "deadline.h"

/* Waits until the child 'pid' has ended, for 'ms' at most, and until 'deadline'. Returns false if
 * it has not. */
bool burial_wait(pid_t pid, unsigned ms, const struct deadline *deadline);
