/* SPDX-License-Identifier: MIT */
#pragma once

/* The methods of the service: which there are, and what each does. Non-logging. */

#include <stdbool.h>
#include <stdint.h>

#include "call.h"

struct account;
struct activity;
struct likeness;
struct schedule;
struct varlink_message;

/* The things that methods work on; the server's. */
struct method_context {
	struct schedule *schedule;
	struct activity *activity;
	const struct likeness *likeness; /* of the service */
	bool private;	    /* true: its one client has started it, with its own standing */
	const char *socket; /* the path at which clients come in, or NULL */
	uint64_t start_ms;  /* of the service (clock_now_ms()) */
};

/* The one whose message is carried out. */
struct method_caller {
	int fd;			 /* of the connection */
	struct account *account; /* of what is done for it, in all its calls */
	/* As call_config.on_ready, for a call whose answer takes time. */
	void (*on_ready)(void *context, enum call_ready ready);
	void *context;
};

/* The outcome of a method. */
struct method_answer {
	char *text;	   /* the one reply, which the caller frees; NULL if there is a call */
	struct call *call; /* makes the replies, and is the caller's; NULL if there is a text */
	bool stops;	   /* true: the service is to end */
};

/* Carries out 'message'; 'context' and what it points to must outlive a call that comes of that.
 * Returns 0 or -errno. */
int method_run(const struct method_context *context, const struct varlink_message *message,
	const struct method_caller *caller, struct method_answer *ret_answer);
