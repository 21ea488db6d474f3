/* SPDX-License-Identifier: MIT */
#pragma once

/* The processes that lookers are (looker.h), as the daemon starts them. Non-logging. */

#include <stdbool.h>
#include <sys/types.h>

/*
 * Starts a process that looks as 'argument' says, one of LOOKER_OF_*. Returns our end of its
 * socket, which keeps messages apart and does not block, or -errno. With that end, or with the
 * daemon, the process comes to its own end, unless it waits for what does not answer; nobody waits
 * for it.
 */
int lookerproc_start(const char *argument, pid_t *ret_pid);

/* True if 'pid' runs or waits for a processor, and for nothing else. */
bool lookerproc_is_runnable(pid_t pid);
