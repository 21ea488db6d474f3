/* SPDX-License-Identifier: MIT */
#pragma once

/* The methods of the service. Non-logging. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct sandbox;
struct schedule;
struct varlink_call;

/* What the methods work on; the server's. */
struct dispatch {
	struct schedule *schedule;
	const struct sandbox *sandbox;
	const char *socket; /* path, or NULL */
	uint64_t start_ms;
	size_t calls;	    /* of Verify, being answered */
	size_t clients;	    /* connected */
	uint64_t active_ms; /* when the last method was called */
	bool draining;	    /* no new calls of Verify */
	void (*on_stop)(void *context);
	void *context;
};

/* For calls whose answer takes time. */
struct dispatch_async {
	void (*on_reply)(void *context, bool soon);
	void *context;
	int fd; /* of the connection, which tells whose call it is */
};

/*
 * Carries out 'call'. Either *ret_reply is the text of the one reply, which the caller frees, or
 * *ret_call is a call that goes on and tells async->on_reply. Returns 0 or -errno.
 */
int dispatch_run(struct dispatch *dispatch, const struct varlink_call *call,
	const struct dispatch_async *async, char **ret_reply, struct call **ret_call);
