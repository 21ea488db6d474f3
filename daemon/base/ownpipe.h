/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Pipes that are for nobody but who was given their ends. A pipe can be opened anew through
 * /proc/PID/fd by any process of the same user, and what that one reads the reader lacks; this is
 * decided by the pipe's mode, like a file's. Non-logging.
 */

/* Makes a pipe with the flags of pipe2(2) that nobody can open anew but who may override modes.
 * Returns 0 with the reading end first, or -errno. */
int ownpipe_open(int ret_ends[2], int flags);

/* Makes what 'fd' has open, a pipe or a file without a name, one that nobody can open anew. */
void ownpipe_close_to_others(int fd);

/* Does the same to the pipes among the first descriptors from 'first' on, which a library of this
 * process has made for itself. */
void ownpipe_close_made_since(int first);
