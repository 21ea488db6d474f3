/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which paths may be loaded. Judged by descriptor: the path is opened once, without touching what
 * is behind it (O_PATH: no device is started, no FIFO waits), and what was opened is judged. Runs
 * in the load child, so that a file system that does not answer holds up nobody else.
 */

#include <dltest/reasons.h>
#include <sys/stat.h>

#include "setup.h"

struct pathpolicy {
	int fd;		    /* O_PATH, close-on-exec */
	struct stat status; /* of what is open at fd */
	char text[12600];   /* why not, for a person */
};

/*
 * Opens 'path' and judges it: a regular file whose path, as the kernel names it, is below one of
 * the roots. Returns DLTEST_REASON_NONE and leaves the descriptor open (the caller closes it), or
 * the reason why not, with 'text' set and nothing left open.
 */
enum dltest_reason pathpolicy_open(
	struct pathpolicy *policy, const struct setup *setup, const char *path);

/* The reason for 'error', an errno, in opening a path: NO_VERDICT for what is the system's. */
enum dltest_reason pathpolicy_reason_of_error(int error);
