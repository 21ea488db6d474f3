/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The autostart: finds a daemon to talk to, and starts one where there is none. Where its place may
 * not answer, an errand does all of that.
 */

#include "deadline.h"

struct connection;
struct patience;
struct place;
struct reach;

struct autostart {
	const char *home; /* $TSUKU_HOME, or NULL */
	const struct place *place;
	struct reach *reach;
	struct deadline deadline;  /* for whatever is waited for */
	struct patience *patience; /* for the same; NULL: there is no end of it */
	int complaints;		   /* descriptor for what private daemons have to say */
};

/* Connects to the user's daemon. The caller frees *ret_connection. Returns 0; -ENOENT or
 * -ECONNREFUSED if there is no daemon; -ETIMEDOUT if its place does not answer; other -errno. */
int autostart_connect(const struct autostart *autostart, struct connection **ret_connection);

/* As dltest_sockpath_check(), of the daemon's place; -ETIMEDOUT if that does not answer. */
int autostart_check(const struct autostart *autostart);

/*
 * As autostart_connect(), but starts the user's daemon if there is none, unless it would judge by
 * what this process has inherited and others have not (dltest_standing_take()). Of several clients
 * that find none at the same time one starts it, and the others wait for that. Returns 0, or -errno
 * if no daemon can be had.
 */
int autostart_connect_or_start(
	const struct autostart *autostart, struct connection **ret_connection);

/* Starts a daemon of the caller's own, which ends with the connection, and has no home where that
 * does not answer. The caller frees *ret_connection. Returns 0 or -errno. */
int autostart_private(const struct autostart *autostart, struct connection **ret_connection);
