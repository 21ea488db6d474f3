/* SPDX-License-Identifier: MIT */
#pragma once

/* Asks one daemon over one connection for what has no answer yet. */

struct answers;
struct connection;
struct options;

enum session_outcome {
	SESSION_DONE,	   /* everything is answered */
	SESSION_LOST,	   /* the connection ended, or made no sense: ask another */
	SESSION_SILENT,	   /* nothing came for too long: ask none that is shared */
	SESSION_BUSY,	   /* the daemon has no room: ask again in a moment */
	SESSION_ENDING,	   /* the daemon is about to exit: ask again */
	SESSION_ELSEWHERE, /* the daemon sees other files than we do: ask a private one */
	SESSION_FAILED,	   /* no memory */
};

/* Sends calls for all paths without an answer and takes in what comes. */
enum session_outcome session_run(
	struct connection *connection, struct answers *answers, const struct options *options);
