/* SPDX-License-Identifier: MIT */
#pragma once

/* The server: the daemon as a whole, which owns the loop and everything in it. Logs. */

#include <stdbool.h>

struct activation;
struct dltest_sockpath;
struct dltest_standing;
struct likeness;
struct loaders;
struct options;
struct server;
struct strv;

struct server_config {
	const struct options *options;
	struct activation *activation;		/* descriptors are stolen from it */
	struct loaders *loaders;		/* of which one can run */
	const char *standin;			/* absolute path of the stand-in, or NULL */
	const char *home;			/* $TSUKU_HOME, or NULL */
	const struct strv *user_homes;		/* not to be given to libraries */
	const struct dltest_sockpath *sockpath; /* NULL: no place for a socket */
	const struct dltest_standing *standing; /* of this process */
	const struct likeness *likeness;	/* whom clients are held against */
};

/*
 * A new server, ready for connections at the inherited sockets, or else at one of its own at
 * config->sockpath; 'config' must outlive it. server_free() frees *ret_server. Returns 0, or -errno
 * having logged why; -EADDRINUSE if another daemon has the socket.
 */
int server_new(const struct server_config *config, struct server **ret_server);

/* Runs until there is a reason to end and calls have been answered. Returns 0 or -errno. */
int server_run(struct server *server);

/* Ends everything that 'server' owns, and frees it; NULL is nothing. Returns NULL. */
struct server *server_free(struct server *server);
