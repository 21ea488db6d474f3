/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whose code a thread is in: the object and the place, from the stack as the process itself sees
 * it. The C library's and the compiler's own libraries are passed over, since what fails or waits
 * there was called by somebody. Runs in signal handlers.
 */

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/*
 * Tells in a report, once, whose code the calling thread was in when it got the signal of
 * 'context', as far as that can be known (LOADER_STAGE_CULPRIT); nothing if it was the loader's
 * own. 'closing' is whether the library was being closed, 'start_ns' that of all reports.
 */
void culprit_tell(const ucontext_t *context, bool closing, uint64_t start_ns);
