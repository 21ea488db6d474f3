/* SPDX-License-Identifier: MIT */
#pragma once

/* A connection to a daemon: messages out, messages in, each ended by a NUL byte. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "deadline.h"

/* The time between two calls of 'on_wait'. */
#define CONNECTION_WAIT_MS 100

struct connection;

/*
 * A new connection over the connected socket 'fd', which is taken over in any case. 'daemon' is the
 * process of the private daemon at its other end, to be waited for, or 0. Nothing is waited for
 * longer than until 'deadline'. connection_free() frees *ret_connection. Returns 0 or -ENOMEM.
 */
int connection_new(
	int fd, pid_t daemon, const struct deadline *deadline, struct connection **ret_connection);

/* True if nothing more is waited for over 'connection': a private daemon has the rest of the time
 * to remember what it knows. */
bool connection_is_over(const struct connection *connection);

/* Closes and frees 'connection', and waits for the end of a private daemon, which is killed where
 * it takes too long; NULL is nothing. Returns NULL. */
struct connection *connection_free(struct connection *connection);

/* Has 'on_wait' (NULL: nothing) called every CONNECTION_WAIT_MS while nothing comes. */
void connection_watch(struct connection *connection, void (*on_wait)(void *context), void *context);

/* Sends the 'length' bytes at 'text' and a NUL byte. Returns 0 or -errno; -ETIMEDOUT if nothing
 * could be written for 'silence_ms', or until the deadline. */
int connection_send(
	struct connection *connection, const char *text, size_t length, unsigned silence_ms);

/*
 * Waits for the next message: its text, NUL-terminated and valid until the next one is waited for,
 * and its length. Returns 0; -ECONNRESET if the connection ended; -ETIMEDOUT if nothing came for
 * 'silence_ms', or until the deadline; -EMSGSIZE if the message is too long; other -errno.
 */
int connection_receive(struct connection *connection, unsigned silence_ms, const char **ret_text,
	size_t *ret_length);
