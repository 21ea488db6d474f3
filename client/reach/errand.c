/* SPDX-License-Identifier: MIT */
#include "errand.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/descriptors.h>

#include "burial.h"

/* Who is not in the kernel for good has ended by then, be the machine busy or not. */
#define END_MS 50

struct errand {
	int socket;
	pid_t pid;
};

union control {
	struct cmsghdr header; /* aligns */
	char bytes[CMSG_SPACE(sizeof(int))];
};

static _Noreturn void run(errand_fn work, const void *context, int socket) {
	struct sigaction fresh = {.sa_handler = SIG_DFL};

	/* One that nobody hears ends by it. */
	sigaction(SIGPIPE, &fresh, NULL);
	if (dltest_descriptors_keep(socket) == 0 && chdir("/") == 0)
		work(DLTEST_DESCRIPTORS_KEPT, context);
	_exit(0);
}

int errand_start(errand_fn work, const void *context, struct errand **ret_errand) {
	cleanup_free struct errand *errand = calloc(1, sizeof(*errand));
	int pair[2];

	if (!errand)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	cleanup_fd int ours = pair[0], theirs = pair[1];
	pid_t pid = fork();
	if (pid == 0)
		run(work, context, theirs);
	if (pid < 0)
		return -errno;
	errand->socket = steal_fd(&ours);
	errand->pid = pid;
	*ret_errand = steal_ptr(&errand);
	return 0;
}

void errand_say(int socket, const void *bytes, size_t length, int fd) {
	union control control = {0};
	struct iovec part = {.iov_len = length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	/* An iovec has no pointer to what is constant, though sendmsg() only reads. */
	memcpy(&part.iov_base, &bytes, sizeof(bytes));
	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	}
	while (sendmsg(socket, &message, 0) < 0) {
		if (errno != EINTR)
			_exit(1);
	}
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

static ssize_t take_message(struct errand *errand, void *buffer, size_t size, int *ret_fd) {
	struct iovec part = {buffer, size};
	union control control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = ret_fd ? control.bytes : NULL,
		.msg_controllen = ret_fd ? sizeof(control.bytes) : 0,
	};

	ssize_t length = recvmsg(errand->socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (length < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (ret_fd)
		*ret_fd = descriptor_of(&message);
	return length;
}

ssize_t errand_receive(struct errand *errand, unsigned ms, void *buffer, size_t size, int *ret_fd) {
	struct pollfd poll_fd = {.fd = errand->socket, .events = POLLIN};
	const struct deadline until = deadline_after(deadline_now_ms(), ms);
	int ready;

	do
		ready = poll(&poll_fd, 1, (int)deadline_left_ms(&until, ms));
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready < 0 ? -errno : -ETIMEDOUT;
	return take_message(errand, buffer, size, ret_fd);
}

struct errand *errand_free(struct errand *errand) {
	static const struct deadline none = {0};

	if (!errand)
		return NULL;
	fd_close(errand->socket);
	kill(errand->pid, SIGKILL);
	burial_wait(errand->pid, END_MS, &none);
	free(errand);
	return NULL;
}
