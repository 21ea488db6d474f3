/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The lobby: connections for which there is no room among the peers, for as long as nothing has
 * been said on them. Each costs a descriptor and little else, so that a crowd of clients who
 * connect and say nothing keeps nobody waiting who has something to say. Runs in the daemon's loop;
 * non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct activity;
struct event_base;
struct lobby;

struct lobby_config {
	struct event_base *base;
	struct activity *activity; /* of which they are clients as well */
	size_t most;		   /* connections at a time */
	/* Something has come on a connection: lobby_take_ready() is to be called, but later. Called
	 * with 'context' by the loop and by lobby_add(); calls nothing of this module. */
	void (*on_ready)(void *context);
	void *context;
};

/* A new lobby, empty; 'config' is copied. lobby_free() frees *ret_lobby. Returns 0 or -ENOMEM. */
int lobby_new(const struct lobby_config *config, struct lobby **ret_lobby);

/* Closes all connections and frees 'lobby'; NULL is nothing. Returns NULL. */
struct lobby *lobby_free(struct lobby *lobby);

/* Adds the connection 'fd', which is taken over in any case. Returns 0 or -ENOMEM. */
int lobby_add(struct lobby *lobby, int fd);

/* Takes out the connection on which something came first, be it its end: the caller's, not
 * blocking. -1 if there is none. */
int lobby_take_ready(struct lobby *lobby);

/* The number of connections, and of those on which something has come. */
size_t lobby_count(const struct lobby *lobby);
size_t lobby_count_ready(const struct lobby *lobby);

/* True if there is no room for another one. */
bool lobby_is_full(const struct lobby *lobby);

/* Closes all connections. */
void lobby_clear(struct lobby *lobby);

/* Closes connections on which nothing has come, as long as there are more than 'left': those that
 * came first, and none that came after 'before_ms' (clock_now_ms()). */
void lobby_dismiss(struct lobby *lobby, uint64_t before_ms, size_t left);
