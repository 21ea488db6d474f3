/* SPDX-License-Identifier: MIT */
#pragma once

/* A session: one daemon is asked, over one connection, about the paths that are open. */

#include <stdbool.h>

#include "deadline.h"

struct answers;
struct connection;
struct patience;
struct request;

enum session_outcome {
	SESSION_DONE,	   /* nothing is open any more */
	SESSION_LOST,	   /* the connection ended, or made no sense: ask another */
	SESSION_SILENT,	   /* nothing came for too long, or until the deadline: ask none that is
				shared */
	SESSION_BUSY,	   /* the daemon has no room: ask again in a moment */
	SESSION_ENDING,	   /* the daemon is about to exit: ask again */
	SESSION_ELSEWHERE, /* the daemon sees or may do other things than we, or does not know all
				that we ask for: ask a private one */
	SESSION_ENOUGH,	   /* there is no use in more answers */
	SESSION_FAILED,	   /* no memory */
};

/* How to find out whether a daemon that has not said anything yet is alive. */
struct session_probe {
	bool (*is_alive)(const void *context); /* NULL: the daemon is private, and alive */
	const void *context;
};

struct session_config {
	const struct request *request;
	struct deadline deadline;  /* that of the connection, which the daemon is told */
	struct patience *patience; /* that of the connection */
	struct session_probe probe;
};

/* Sends calls for all paths in 'answers' that are open, and takes the results. Returns how that
 * ended.
 */
enum session_outcome session_run(struct connection *connection, struct answers *answers,
	const struct session_config *config);
