/* SPDX-License-Identifier: MIT */
#pragma once

/* The methods of the service: which there are, and what each does. Non-logging. */

#include <stdbool.h>
#include <stdint.h>

#include "call.h"

struct activity;
struct schedule;
struct varlink_message;

/* What the methods work on; the server's. */
struct method_context {
	struct schedule *schedule;
	struct activity *activity;
	const char *socket; /* the path at which clients come in, or NULL */
	uint64_t start_ms;  /* of the service (clock_now_ms()) */
};

/* Whose message it is. */
struct method_caller {
	int fd; /* of the connection */
	/* For calls whose answer takes time: call_config.on_ready. */
	void (*on_ready)(void *context, enum call_ready ready);
	void *context;
};

/* What came of a method. */
struct method_answer {
	char *text;	   /* the one reply, which the caller frees; NULL if there is a call */
	struct call *call; /* goes on, and makes the replies; NULL if there is a text */
	bool stops;	   /* true: the service is to end */
};

/* Carries out 'message'. Returns 0 or -errno. */
int method_run(const struct method_context *context, const struct varlink_message *message,
	const struct method_caller *caller, struct method_answer *ret_answer);
