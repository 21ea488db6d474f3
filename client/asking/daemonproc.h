/* SPDX-License-Identifier: MIT */
#pragma once

/* The daemon as a process, and how it is started. */

#include <stdbool.h>
#include <sys/types.h>

#include "deadline.h"

struct patience;

struct daemonproc {
	const char *home;   /* $TSUKU_HOME, or NULL */
	const char *socket; /* path of the daemon's socket, or NULL */
	int fd;		    /* listening or connected socket; becomes descriptor 3 */
	int lock;	    /* lock of the socket, becomes descriptor 4; -1: none */
	int errors;	    /* what it complains to unless it is detached, which has a log */
	bool detached;	    /* true: outlives its starter; else it is a child and dies with that */
	struct deadline deadline;  /* for waiting until it has been executed */
	struct patience *patience; /* for the same */
};

/*
 * Starts the daemon program with these descriptors (LISTEN_FDS of sd_listen_fds(3)), a clean
 * environment, and nothing else of the caller's. Returns once the program has been executed: the
 * process id (of no use when detached), or -errno; -ETIMEDOUT if that takes until the deadline, or
 * is more than patience can bear.
 */
pid_t daemonproc_start(const struct daemonproc *daemonproc);
