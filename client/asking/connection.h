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
struct patience;

struct connection_config {
	int fd;		/* connected socket */
	pid_t daemon;	/* process of the private daemon at its other end; 0: there is none */
	int errors;	/* non-blocking pipe with what that has to say; -1: there is none */
	int complaints; /* descriptor that this is written to, as far as that takes it at once */
	struct deadline deadline;  /* nothing is waited for longer than until then, */
	struct patience *patience; /* nor than there is any; NULL: there is */
};

/* A new connection, which takes over 'fd' and 'errors' in any case. connection_free() frees
 * *ret_connection. Returns 0 or -ENOMEM. */
int connection_new(const struct connection_config *config, struct connection **ret_connection);

/* True if the deadline is too near for waiting over 'connection': a private daemon has the rest of
 * the time to remember what it knows. */
bool connection_is_over(const struct connection *connection);

/* The last line of what a private daemon has said so far, or "": why it ended, if it has. Lives as
 * long as 'connection'. */
const char *connection_words(struct connection *connection);

/* Closes and frees 'connection', and waits for the end of a private daemon, which is killed where
 * it takes too long; NULL is nothing. Returns NULL. */
struct connection *connection_free(struct connection *connection);

/* Has 'on_wait' (NULL: nothing) called every CONNECTION_WAIT_MS while nothing comes. */
void connection_watch(struct connection *connection, void (*on_wait)(void *context), void *context);

/* Sends the 'length' bytes at 'text' and a NUL byte. Returns 0 or -errno; -ETIMEDOUT if nothing
 * could be written for 'silence_ms', until the deadline, or for longer than patience lasts. */
int connection_send(
	struct connection *connection, const char *text, size_t length, unsigned silence_ms);

/*
 * Waits for the next message: its text, NUL-terminated and valid until the next one is waited for,
 * and its length. Returns 0; -ECONNRESET if the connection ended; -ETIMEDOUT if nothing came for
 * 'silence_ms', if not all of the message did within that time from its first byte, until the
 * deadline, or for longer than patience lasts; -EMSGSIZE if the message is too long; other -errno.
 */
int connection_receive(struct connection *connection, unsigned silence_ms, const char **ret_text,
	size_t *ret_length);
