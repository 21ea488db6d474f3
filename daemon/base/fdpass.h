/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Messages with descriptors over a Unix socket (SCM_RIGHTS, unix(7)). Never blocks, never raises
 * SIGPIPE. Async-signal-safe, so that it may be used between fork and exec. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Descriptors that one message may carry. */
#define FDPASS_MAX 4

/* Ancillary data with descriptors, aligned as its header has to be. */
union fdpass_control {
	char bytes[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
	struct cmsghdr align;
};

/* A message for sendmsg(2), which points into itself and to its bytes. */
struct fdpass_message {
	struct msghdr header;
	struct iovec part;
	union fdpass_control control;
};

/* Makes *message of 'size' bytes, at least one, and of the descriptors 'fds', of which there are
 * 'fds_count', 1 to FDPASS_MAX. */
void fdpass_make(struct fdpass_message *message, const void *bytes, size_t size, const int *fds,
	size_t fds_count);

/*
 * Sends 'size' bytes over 'socket', at least one, and with them copies of the descriptors 'fds', of
 * which there are 'fds_count', 1 to FDPASS_MAX. Returns how many bytes were sent, or -errno; the
 * descriptors go with the first byte.
 */
ssize_t fdpass_send(int socket, const void *bytes, size_t size, const int *fds, size_t fds_count);

/*
 * Receives up to 'size' bytes from 'socket', and the descriptor that was sent with them, if any.
 * *ret_fd is that descriptor, close-on-exec and the caller's, or -1; with 'ret_fd' NULL none is
 * taken. *ret_truncated is true if a descriptor was sent that was not taken: since none was wanted,
 * more than one was sent, or this process has no room for one. Returns how many bytes were
 * received, 0 at the end, or -errno; nothing is written then.
 */
ssize_t fdpass_receive(int socket, void *buffer, size_t size, int *ret_fd, bool *ret_truncated);
