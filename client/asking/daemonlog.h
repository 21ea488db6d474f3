/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The log of a daemon that the client starts, $TSUKU_HOME/logs/dltestd.log. The daemon writes to it
 * what it has to say, and must not wait for it: where the file is on a mount that may not answer,
 * what the daemon has is a pipe, and a process besides it writes to the file. What that does not
 * come to write is lost.
 */

/* How a log is written. */
enum daemonlog_kind {
	DAEMONLOG_NONE,	  /* there is no home, or nothing can be made there */
	DAEMONLOG_FILE,	  /* by the daemon itself */
	DAEMONLOG_WRITER, /* by a process besides it */
};

/* Opens the log in 'home' (NULL: there is none), begun anew when it has grown. For DAEMONLOG_FILE
 * *ret_fd is a close-on-exec descriptor, which the caller closes; -1 otherwise. */
enum daemonlog_kind daemonlog_open(const char *home, int *ret_fd);

/* For DAEMONLOG_WRITER: starts that process, which ends when nobody can write to the pipe. Makes
 * system calls alone. Returns the pipe's other end, close-on-exec, to write to without ever
 * waiting, or -errno. */
int daemonlog_start_writer(const char *home);
