/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One listening socket: accepts, turns away other users, and rests while there is no descriptor
 * for another connection. Runs in the daemon's loop; logs.
 */

struct event_base;
struct listener;

/* A new connection of the daemon's own user, non-blocking and close-on-exec; the callee's. */
typedef void (*listener_accept_fn)(void *context, int fd);

/* Serves the listening socket 'fd', which it takes over in any case. Returns 0 or -errno. */
int listener_new(struct event_base *base, int fd, listener_accept_fn on_accept, void *context,
	struct listener **ret_listener);

struct listener *listener_free(struct listener *listener);

/* Stops accepting until listener_resume(). Connections wait in the backlog. */
void listener_pause(struct listener *listener);
void listener_resume(struct listener *listener);

/* Accepts whatever waits in the backlog now. */
void listener_accept_waiting(struct listener *listener);
