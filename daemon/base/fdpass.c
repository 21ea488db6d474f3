/* SPDX-License-Identifier: MIT */
#include "fdpass.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Ancillary data with descriptors, aligned as its header has to be. */
union control {
	char bytes[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
	struct cmsghdr align;
};

ssize_t fdpass_send(int socket, const void *bytes, size_t size, const int *fds, size_t fds_count) {
	struct iovec part = {.iov_len = size};
	union control control = {{0}};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(fds_count * sizeof(int)),
	};

	assert(fds_count >= 1 && fds_count <= FDPASS_MAX);
	/* An iovec has no pointer to what is constant, though sendmsg() only reads. */
	memcpy(&part.iov_base, &bytes, sizeof(bytes));
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(fds_count * sizeof(int));
	memcpy(CMSG_DATA(rights), fds, fds_count * sizeof(int));
	ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

/* The descriptor that came with 'message'; -1 for none. */
static int descriptor_of(struct msghdr *message) {
	const struct cmsghdr *rights = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS &&
		rights->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
	return fd;
}

ssize_t fdpass_receive(int socket, void *buffer, size_t size, int *ret_fd, bool *ret_truncated) {
	struct iovec part = {buffer, size};
	union control control;
	/* Room for one descriptor and not for what its alignment would leave: the kernel drops
	 * others. */
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = ret_fd ? control.bytes : NULL,
		.msg_controllen = ret_fd ? CMSG_LEN(sizeof(int)) : 0,
	};

	ssize_t length = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (length < 0)
		return -errno;
	if (ret_fd)
		*ret_fd = descriptor_of(&message);
	*ret_truncated = message.msg_flags & MSG_CTRUNC;
	return length;
}
