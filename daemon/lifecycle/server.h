/* SPDX-License-Identifier: MIT */
#pragma once

/* The daemon as a whole: owns the loop and everything in it. Logs. */

#include <stdbool.h>

struct activation;
struct dltest_sockpath;
struct options;
struct server;

struct server_config {
	const struct options *options;
	struct activation *activation;		/* descriptors are stolen from it */
	const char *loader;			/* absolute path of the loader program */
	const char *home;			/* $TSUKU_HOME, or NULL */
	const struct dltest_sockpath *sockpath; /* NULL: no place for a socket */
};

/*
 * Sets everything up, up to being ready for connections: the inherited sockets, or else one of
 * its own at config->sockpath. 'config' must outlive the server. Returns 0 or -errno, having
 * logged why; -EADDRINUSE when another daemon has the socket.
 */
int server_new(const struct server_config *config, struct server **ret_server);

/* Runs until there is a reason to end and calls have been answered. Returns 0 or -errno. */
int server_run(struct server *server);

struct server *server_free(struct server *server);
