/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The sockets at which clients come in: inherited ones, or one of the daemon's own at its place,
 * with the lock that says whose it is. Runs in the daemon's loop; logs.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "activation.h"
#include "listener.h"

struct dltest_sockpath;
struct event_base;

struct sockets_config {
	struct event_base *base;
	struct activation *activation;		/* descriptors are stolen from it */
	const struct dltest_sockpath *sockpath; /* NULL: no place for a socket */
	listener_accept_fn on_accept;
	void *context;
};

struct sockets {
	struct listener *listeners[ACTIVATION_LISTENERS_MAX];
	size_t count;
	const struct dltest_sockpath *sockpath; /* NULL: no socket there is the daemon's */
	dev_t dev;				/* of the daemon's own socket … */
	ino_t ino;				/* … while there is a lock */
	int lock; /* -1: the socket is somebody else's to remove, or there is none */
};

/*
 * Listens at the inherited sockets, else at one of the daemon's own. Returns 0, or -errno having
 * logged why; -EADDRINUSE if another daemon has the place. sockets_fini() closes all in any case.
 */
int sockets_open(const struct sockets_config *config, struct sockets *ret_sockets);

/* Stops accepting at all sockets until sockets_resume(); connections wait in the backlogs. */
void sockets_pause(struct sockets *sockets);
void sockets_resume(struct sockets *sockets);

/* Accepts the connections that wait in the backlogs, if the daemon has the lock: nobody can take
 * the place then before the daemon leaves it. */
void sockets_accept_last(struct sockets *sockets);

/* Closes the sockets and lets the next daemon have the place: the socket is removed first, then the
 * lock. Clients in the backlog are told by the end of their connection; a socket that a service
 * manager holds keeps them for the next daemon. */
void sockets_fini(struct sockets *sockets);
