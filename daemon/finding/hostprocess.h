/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A process of the daemon's own program that answers questions about hosts, one after the other,
 * and keeps what it has mapped for the next one. It has nothing of the daemon's but one end of a
 * socket, and does nothing but read. Non-logging.
 */

#include <stdint.h>

/* The argument that makes this program such a process. */
#define HOSTPROCESS_ARGUMENT "--find-hosts"

/* How long it works on a question at most: nobody waits longer for an answer. */
#define HOSTPROCESS_LATEST_MS UINT64_C(30000)

/* Answers questions until the other end has gone, if the arguments of this program say so. Returns
 * -1 if they do not, else the exit status. */
int hostprocess_run(int argc, char **argv);
