/* SPDX-License-Identifier: MIT */
#include "fdpass.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

void fdpass_make(struct fdpass_message *message, const void *bytes, size_t size, const int *fds,
	size_t fds_count) {
	assert(fds_count >= 1 && fds_count <= FDPASS_MAX);
	*message = (struct fdpass_message){
		.part = {.iov_len = size},
		.header =
			{
				.msg_iov = &message->part,
				.msg_iovlen = 1,
				.msg_control = message->control.bytes,
				.msg_controllen = (socklen_t)CMSG_SPACE(fds_count * sizeof(int)),
			},
	};
	/* An iovec has no pointer to what is constant, though sendmsg() only reads. */
	memcpy(&message->part.iov_base, &bytes, sizeof(bytes));
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message->header);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = (socklen_t)CMSG_LEN(fds_count * sizeof(int));
	memcpy(CMSG_DATA(rights), fds, fds_count * sizeof(int));
}

ssize_t fdpass_send(int socket, const void *bytes, size_t size, const int *fds, size_t fds_count) {
	struct fdpass_message message;

	fdpass_make(&message, bytes, size, fds, fds_count);
	ssize_t sent = sendmsg(socket, &message.header, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

/* The descriptor that came with 'message'; -1 for none. */
static int descriptor_of(struct msghdr *message) {
	struct cmsghdr *rights = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS &&
		rights->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
	return fd;
}

ssize_t fdpass_receive(int socket, void *buffer, size_t size, int *ret_fd, bool *ret_truncated) {
	struct iovec part = {buffer, size};
	union fdpass_control control;
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
