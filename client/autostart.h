/* SPDX-License-Identifier: MIT */
#pragma once

/* Finds a daemon to talk to, and starts one where there is none. */

#include <dltest/sockpath.h>
#include <stdbool.h>

struct connection;

struct autostart {
	const char *home;			/* $TSUKU_HOME, or NULL */
	const struct dltest_sockpath *sockpath; /* NULL: no place for a socket */
};

/*
 * Connects to the user's daemon; with 'start', starts it if nobody answers. Of several clients
 * that find none at the same time one starts it, and the others wait for that.
 * Returns 0; -ENOENT or -ECONNREFUSED when there is none and 'start' is false; other -errno when
 * none can be had.
 */
int autostart_connect(
	const struct autostart *autostart, bool start, struct connection **ret_connection);

/* Starts a daemon of the caller's own, which ends with the connection. Returns 0 or -errno. */
int autostart_private(const struct autostart *autostart, struct connection **ret_connection);
