/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Runs code that reads what a hostile library left in memory. That library has loaded: whatever
 * becomes of a look at it, it must not be the load that fails.
 */

#include <stdbool.h>

/*
 * Calls 'run' with 'context'. A SIGSEGV or SIGBUS of this thread in it ends the call, at whatever
 * point, so that 'run' must hold no lock and own no memory. A fault of another thread goes where it
 * would have gone. Returns false after a fault.
 */
bool guard_run(void (*run)(void *context), void *context);
