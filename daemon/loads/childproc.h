/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Processes that are known by their numbers alone: children of a zygote, which named them, and
 * might have named any process of the user's. So each process is acted on only while it is a child
 * of that zygote. Non-logging.
 */

#include <stdbool.h>
#include <sys/types.h>

/* The time after which a function that returned -EAGAIN may be called once more: Linux lets users
 * without privileges change an autogroup ten times a second, all users together
 * (proc_sched_autogroup_set_nice() in kernel/sched/autogroup.c). For want of a descriptor any time
 * will do. */
#define CHILDPROC_AGAIN_MS 110

/*
 * Gives 'pid', a child of 'parent' that is a session and process group of its own, the priority
 * 'nice' (0 … 19), with all its threads; and its session, where the kernel shares the processor out
 * among sessions (sched(7), autogroups). Returns 0, -ESRCH if 'parent' has no such child, or
 * -EAGAIN if a part could not be done and the function has to be called once more.
 */
int childproc_set_nice(pid_t pid, pid_t parent, int nice);

/* True if 'thread' is one of the process 'pid', whosever that is. Takes no descriptor, so that the
 * answer is never for want of one. */
bool childproc_has_thread(pid_t pid, pid_t thread);

/*
 * Kills 'pid', a child of 'parent'. If 'nice', the priority that it was given, is not 0, its
 * session gets that back, since a process needs the processor in order to end. Returns 0, -ESRCH if
 * 'parent' has no such child, -EAGAIN if the function has to be called once more, for the priority
 * or because there was no descriptor to find the child with, or another -errno.
 */
int childproc_kill(pid_t pid, pid_t parent, int nice);
