/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A peer: one connection, of which the input is cut into messages, these are carried out one after
 * the other, and the replies written. Runs in the daemon's loop; logs.
 */

#include <stdbool.h>
#include <stdint.h>

struct activity;
struct event_base;
struct method_context;
struct peer;

struct peer_config {
	struct event_base *base;
	const struct method_context *methods; /* what the methods work on */
	struct activity *activity;
	/* Called with 'context' by the loop; they call nothing of this module. */
	/* The connection is over; the callee has peer_free() called, but later. */
	void (*on_closed)(void *context, struct peer *peer);
	/* The client has asked the daemon to end. */
	void (*on_stop)(void *context);
	void *context;
};

/* A new peer at the connected non-blocking socket 'fd', which is taken over in any case; 'config'
 * must outlive it. peer_free() frees *ret_peer. Returns 0 or -errno. */
int peer_new(const struct peer_config *config, int fd, struct peer **ret_peer);

/* Ends the call of 'peer', closes the connection and frees 'peer'; NULL is nothing. Returns NULL.
 */
struct peer *peer_free(struct peer *peer);

/* True if a call of 'peer' is being answered, or a reply is not yet written. */
bool peer_is_busy(const struct peer *peer);

/* True if no call of 'peer' is being answered, no reply is to be written and nothing has come that
 * was not read; *ret_since_ms tells since when it has said nothing whole (clock_now_ms()). */
bool peer_is_idle(const struct peer *peer, uint64_t *ret_since_ms);

/* Closes the connection, on_closed() is called; for others, who have more to say. */
void peer_dismiss(struct peer *peer);

/* Lets 'peer' make no call after the present one: the connection is closed once nothing is left to
 * be written. */
void peer_drain(struct peer *peer);

/* True if the client of 'peer' has asked the daemon to end. */
bool peer_asked_to_stop(const struct peer *peer);

/* The link of the server's list: the next of 'peer', putting it in front of *list, taking it out.
 */
struct peer *peer_next(const struct peer *peer);
void peer_link(struct peer **list, struct peer *peer);
void peer_unlink(struct peer **list, struct peer *peer);
