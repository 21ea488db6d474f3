/* SPDX-License-Identifier: MIT */
#pragma once

/* The autostart: finds a daemon to talk to, and starts one where there is none. */

#include <dltest/sockpath.h>

#include "deadline.h"

struct connection;

struct autostart {
	const char *home;			/* $TSUKU_HOME, or NULL */
	const struct dltest_sockpath *sockpath; /* NULL: no place for a socket */
	struct deadline deadline;		/* for whatever is waited for */
};

/* Connects to the user's daemon. The caller frees *ret_connection. Returns 0; -ENOENT or
 * -ECONNREFUSED if there is no daemon; other -errno. */
int autostart_connect(const struct autostart *autostart, struct connection **ret_connection);

/*
 * As autostart_connect(), but starts the user's daemon if there is none, unless it would judge by
 * what this process has inherited and others have not (dltest_standing_take()). Of several clients
 * that find none at the same time one starts it, and the others wait for that. Returns 0, or -errno
 * if no daemon can be had.
 */
int autostart_connect_or_start(
	const struct autostart *autostart, struct connection **ret_connection);

/* Starts a daemon of the caller's own, which ends with the connection. The caller frees
 * *ret_connection. Returns 0 or -errno. */
int autostart_private(const struct autostart *autostart, struct connection **ret_connection);
