/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Processes that are known by their numbers alone: children of a zygote, which named them, and
 * might have named any process of the user's. So each process is acted on, and looked at, only
 * while it is a child of that zygote. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Threads of a child that are looked at one by one. */
#define CHILDPROC_THREADS_MAX 32

/* The use that a child has made of the machine since it was forked. */
struct childproc_usage {
	bool ended; /* true: the child is a zombie; the rest is not known then */
	unsigned threads;
	bool is_runnable; /* true: one of its threads runs, or waits for a processor right now */
	bool on_disk;	  /* true: one of its threads waits in the kernel and cannot be disturbed */
	uint64_t cpu_us;  /* processor time of all its threads, those included that have ended */
	uint64_t living_cpu_us; /* of that, what the threads that are there have had */
	uint64_t delay_us;	/* how long these, together, have waited for a processor, but for
				   a wait that is not over */
	uint64_t turns;		/* on a processor that these, together, have had */
	uint64_t resident;	/* bytes that the child has: no file's, shared or in swap space
				   though they may be, and those of its page tables */
};

/*
 * Tells what 'pid', a child of 'parent', has used: by /proc/PID/status, which takes no lock of the
 * process (proc(5)), its processor clock (clock_getcpuclockid(3)), and the schedstat of its threads
 * (Documentation/scheduler/sched-stats.rst; without CONFIG_SCHED_INFO nothing has ever waited).
 * Returns 0, -ESRCH if 'parent' has no such child, or -EAGAIN for want of a descriptor.
 */
int childproc_look(pid_t pid, pid_t parent, struct childproc_usage *ret_usage);

/* True if the process 'pid', whosever it is, is not idle: it runs, waits for a processor, or in the
 * kernel for what cannot be disturbed. */
bool childproc_is_runnable(pid_t pid);

/* How long the calling process, which has one thread, has waited for a processor, in microseconds;
 * 0 if that cannot be known. */
uint64_t childproc_own_delay_us(void);

/* True if 'thread' is one of the process 'pid', whosever that is. Takes no descriptor, so that the
 * answer is never for want of one. */
bool childproc_has_thread(pid_t pid, pid_t thread);

/* Kills 'pid', a child of 'parent'. Returns 0, -ESRCH if 'parent' has no such child, -EAGAIN if
 * there was no descriptor to find the child with, or another -errno. */
int childproc_kill(pid_t pid, pid_t parent);

/* Sends 'signal' to the first thread of 'pid', a child of 'parent'. Returns as childproc_kill(). */
int childproc_signal(pid_t pid, pid_t parent, int signal);
