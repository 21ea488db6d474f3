/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A listener: one listening socket, which accepts, turns away other users, and rests while there is
 * no descriptor for another connection. Runs in the daemon's loop; logs.
 */

struct event_base;
struct listener;

/* Takes over 'fd', a new connection of the daemon's own user, non-blocking and close-on-exec. */
typedef void (*listener_accept_fn)(void *context, int fd);

/* A new listener of the listening socket 'fd', which is taken over in any case; 'on_accept' is
 * called by the loop. listener_free() frees *ret_listener. Returns 0 or -errno. */
int listener_new(struct event_base *base, int fd, listener_accept_fn on_accept, void *context,
	struct listener **ret_listener);

/* Closes the socket and frees 'listener'; NULL is nothing. Returns NULL. */
struct listener *listener_free(struct listener *listener);

/* Stops accepting until listener_resume(); connections wait in the backlog. */
void listener_pause(struct listener *listener);
void listener_resume(struct listener *listener);

/* Accepts the connections that wait in the backlog now. */
void listener_accept_waiting(struct listener *listener);
