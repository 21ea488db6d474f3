/* SPDX-License-Identifier: MIT */
#pragma once

/* A connection to a daemon: messages out, messages in, each ended by a NUL byte. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CONNECTION_WAIT_MS 100

struct connection;

/*
 * A connection over the connected socket 'fd', which it takes over in any case. 'daemon' is the
 * private daemon at its other end, to be waited for, or 0. Returns 0 or -ENOMEM.
 */
int connection_new(int fd, pid_t daemon, struct connection **ret_connection);

/* Closes it, and sees a private daemon to its end. */
struct connection *connection_free(struct connection *connection);

/* Has 'on_wait', which may be NULL, called now and then (CONNECTION_WAIT_MS) while nothing comes.
 */
void connection_watch(struct connection *connection, void (*on_wait)(void *context), void *context);

/* Sends 'length' bytes and a NUL byte. Returns 0 or -errno; -ETIMEDOUT when nothing could be
 * written for 'silence_ms'. */
int connection_send(
	struct connection *connection, const char *text, size_t length, unsigned silence_ms);

/*
 * Waits for the next message: its text, NUL-terminated and valid until the next call, and its
 * length. Returns 0; -ECONNRESET when the connection ended; -ETIMEDOUT when nothing came for
 * 'silence_ms'; -EMSGSIZE when it is too long; other -errno.
 */
int connection_receive(struct connection *connection, unsigned silence_ms, const char **ret_text,
	size_t *ret_length);

/* Monotonic time in milliseconds. */
uint64_t connection_now_ms(void);
