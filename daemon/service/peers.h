/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The peers: all connections of the daemon, bounded in number. Those for which there is no room
 * wait in the lobby until they say something; then the one that has been idle for longest is closed
 * for them. Runs in the daemon's loop; logs.
 */

#include <stdbool.h>
#include <stddef.h>

struct activity;
struct event_base;
struct method_context;
struct peers;

struct peers_config {
	struct event_base *base;
	const struct method_context *methods; /* what the methods work on */
	struct activity *activity;
	size_t most;	    /* connections at a time */
	size_t most_silent; /* and further ones on which nothing has been said */
	/* Called with 'context' by the loop; they call nothing of this module. */
	/* A connection is over, or wants room: peers_sweep() is to be called, but later. */
	void (*on_sweep_due)(void *context);
	/* A client has asked the daemon to end. */
	void (*on_stop)(void *context);
	void *context;
};

/* New peers, none; 'config' is copied. peers_free() frees *ret_peers. Returns 0 or -ENOMEM. */
int peers_new(const struct peers_config *config, struct peers **ret_peers);

/* Adds a connection at the socket 'fd', which is taken over in any case. Returns 0, or -errno
 * having logged why. */
int peers_add(struct peers *peers, int fd);

/* True if no further connection is to be accepted before peers_sweep(). */
bool peers_is_full(const struct peers *peers);

/*
 * Frees the connections that are over, and lets in who waits and has said something. If there is no
 * room for all of them then, closes as many that have been idle for longest, and wants to be called
 * again: at once, or where nobody has been idle for a tenth of a second, after that. If there is no
 * room to wait in, the same is done to those who wait and have said nothing.
 */
void peers_sweep(struct peers *peers);

/* Lets no peer make a call after its present one, also those that come. */
void peers_drain(struct peers *peers);

/* True if a call is being answered, or a reply is not yet written. */
bool peers_is_busy(const struct peers *peers);

/* True if nobody is connected. */
bool peers_is_empty(const struct peers *peers);

/* Closes all connections but those that asked the daemon to end: their clients take the end of the
 * connection for that of the daemon. */
void peers_close(struct peers *peers);

/* Closes all connections and frees 'peers'; NULL is nothing. Returns NULL. */
struct peers *peers_free(struct peers *peers);
