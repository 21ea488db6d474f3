/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A looker: a process of the daemon's own program that looks at files, or into processes, which may
 * keep it waiting for ever. It has nothing of the daemon's but one end of a socket, and does
 * nothing but look. Non-logging.
 */

/* The argument that makes this program a looker at files, or into processes. */
#define LOOKER_OF_FILES	 "--look-at-files"
#define LOOKER_OF_MEMORY "--look-into-memory"

/* Answers questions until the other end has gone, if the arguments of this program say so. Returns
 * -1 if they do not, else the exit status. */
int looker_run(int argc, char **argv);
