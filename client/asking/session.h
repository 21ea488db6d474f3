/* SPDX-License-Identifier: MIT */
#pragma once

/* Asks one daemon over one connection for what has no answer yet. */

#include <stdbool.h>

struct answers;
struct connection;
struct request;

enum session_outcome {
	SESSION_DONE,	   /* everything is answered */
	SESSION_LOST,	   /* the connection ended, or made no sense: ask another */
	SESSION_SILENT,	   /* nothing came for too long: ask none that is shared */
	SESSION_BUSY,	   /* the daemon has no room: ask again in a moment */
	SESSION_ENDING,	   /* the daemon is about to exit: ask again */
	SESSION_ELSEWHERE, /* the daemon sees other files than we do: ask a private one */
	SESSION_ENOUGH,	   /* there is no use in more answers */
	SESSION_FAILED,	   /* no memory */
};

/* How to find out whether a daemon that has not said anything yet is alive. */
struct session_probe {
	bool (*is_alive)(const void *context); /* or NULL: it is believed to be */
	const void *context;
};

/* Sends calls of 'request' for all paths without an answer and takes in what comes. */
enum session_outcome session_run(struct connection *connection, struct answers *answers,
	const struct request *request, const struct session_probe *probe);
