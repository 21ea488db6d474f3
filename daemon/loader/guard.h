/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Runs code that reads what a hostile library left in memory. That library has loaded: whatever
 * becomes of the reading, the load must not fail for it.
 */

#include <stdbool.h>

/*
 * Calls 'run' with 'context'. A SIGSEGV or SIGBUS of this thread in it ends the call, at whatever
 * point, so that 'run' must hold no lock and own no memory. A fault of another thread goes where it
 * would have gone. Returns false after a fault.
 */
bool guard_run(void (*run)(void *context), void *context);
