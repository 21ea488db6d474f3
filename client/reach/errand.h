/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An errand: what may never come back, done by a forked process that has nothing of the caller's
 * and sends what it finds out. Who has heard nothing of it for too long leaves it to itself.
 */

#include <stddef.h>
#include <sys/types.h>

/* Bytes of a message. */
#define ERRAND_MESSAGE_MAX 32768

struct errand;

/* Does the work, in the forked process, which ends when it returns. 'socket' is for errand_say(),
 * and the one descriptor that the process has but those of /dev/null at 0 to 2. */
typedef void (*errand_fn)(int socket, const void *context);

/* Has 'work' begun with a copy of 'context' and all other memory. errand_free() frees *ret_errand.
 * Returns 0 or -errno. */
int errand_start(errand_fn work, const void *context, struct errand **ret_errand);

/* Sends a message of 1 to ERRAND_MESSAGE_MAX bytes, with a descriptor unless 'fd' is -1. Ends the
 * process when nobody wants it any more. */
void errand_say(int socket, const void *bytes, size_t length, int fd);

/*
 * Waits for the next message, for 'ms' at most, and copies it to 'buffer'. A descriptor that came
 * with it goes to *ret_fd, which the caller closes, else -1 does; NULL: none is wanted. Returns the
 * length of the message, 0 if the work is done, -ETIMEDOUT, another -errno.
 */
ssize_t errand_receive(struct errand *errand, unsigned ms, void *buffer, size_t size, int *ret_fd);

/* Ends the process if that is possible, and frees 'errand'; NULL is nothing. Returns NULL. */
struct errand *errand_free(struct errand *errand);
