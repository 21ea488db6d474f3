/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One connection: cuts what arrives into messages, has them carried out one after the other, and
 * writes the replies. Runs in the daemon's loop; logs.
 */

#include <stdbool.h>

struct activity;
struct event_base;
struct method_context;
struct peer;

struct peer_config {
	struct event_base *base;
	const struct method_context *methods; /* what they work on */
	struct activity *activity;
	/* All with 'context', and to call nothing of this module. */
	/* The connection is over, and to be freed by peer_free(). */
	void (*on_closed)(void *context, struct peer *peer);
	/* The client has asked the daemon to end. */
	void (*on_stop)(void *context);
	void *context;
};

/* Serves the connected non-blocking socket 'fd', which it takes over in any case; 'config' must
 * outlive it. Returns 0 or -errno. */
int peer_new(const struct peer_config *config, int fd, struct peer **ret_peer);

/* Ends its call and closes the connection. */
struct peer *peer_free(struct peer *peer);

/* Whether a call is being answered, or a reply is not yet written. */
bool peer_is_busy(const struct peer *peer);

/* No call after the present one: closes the connection once nothing is left to be written. */
void peer_drain(struct peer *peer);

/* Whether its client has asked the daemon to end. */
bool peer_asked_to_stop(const struct peer *peer);

/* Links for the server's list. */
struct peer *peer_next(const struct peer *peer);
void peer_link(struct peer **list, struct peer *peer);
void peer_unlink(struct peer **list, struct peer *peer);
