/* SPDX-License-Identifier: MIT */
/* Attacks that want to talk to somebody. */
#include "attack.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* Descriptors worth a try: whatever might have been left open. Number 3 is the load's own channel
 * to the daemon, on which two of these calls are allowed. */
#define FDS	24
#define CHANNEL 3

static void socket_families(void) {
	TRY(socket(AF_INET, SOCK_STREAM, 0));
	TRY(socket(AF_INET, SOCK_DGRAM, 0));
	TRY(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP));
	TRY(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	TRY(socket(AF_INET6, SOCK_STREAM, 0));
	TRY(socket(AF_INET6, SOCK_DGRAM, 0));
	TRY(socket(AF_UNIX, SOCK_STREAM, 0));
	TRY(socket(AF_UNIX, SOCK_DGRAM, 0));
	TRY(socket(AF_NETLINK, SOCK_RAW, 0));
	TRY(socket(AF_PACKET, SOCK_RAW, 0));
	TRY(socket(AF_ALG, SOCK_SEQPACKET, 0));
	TRY(socket(AF_VSOCK, SOCK_STREAM, 0));
	TRY(socket(AF_BLUETOOTH, SOCK_RAW, 0));
	/* The kernel looks at the low word only. */
	TRY_SYS(socket, 0x100000000L | AF_INET, SOCK_STREAM, 0);
}

/* A pair within the process may be made, and led to nobody else. */
static void socket_pair(void) {
	static const int families[] = {
		AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_TIPC, AF_ALG};
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	struct sockaddr_un listener = {.sun_family = AF_UNIX}, name = {.sun_family = AF_UNIX};
	char byte = 'x', control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = {&byte, 1};
	struct msghdr message = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	int pair[2], one = 1;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		TRY(socketpair(families[i], SOCK_STREAM, 0, pair));
	TRY_SYS(socketpair, 0x100000000L | AF_INET, SOCK_STREAM, 0, pair);
	snprintf(listener.sun_path, sizeof(listener.sun_path), "%s", conf("unix_datagram"));
	memcpy(name.sun_path, "\0dltest-attack", 15);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (socketpair(AF_UNIX, types[i], 0, pair) < 0)
			continue;
		TRY(connect(pair[0], (struct sockaddr *)&listener, sizeof(listener)));
		TRY(bind(pair[0], (struct sockaddr *)&name, sizeof(name)));
		TRY(listen(pair[0], 1));
		TRY(sendto(pair[0], "leak", 4, 0, (struct sockaddr *)&listener, sizeof(listener)));
		TRY(sendmsg(pair[0], &message, 0));
		TRY(recvmsg(pair[1], &message, MSG_DONTWAIT));
		TRY(send(pair[0], &byte, 1, MSG_OOB));
		TRY(recv(pair[1], &byte, 1, MSG_OOB));
		TRY(setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
		TRY(ioctl(pair[0], 0x89e0 /* SIOCUNIXFILE */));
		TRY(ioctl(pair[0], 0x8901 /* FIOSETOWN */, &one));
		close(pair[0]);
		close(pair[1]);
	}
}

static void socket_calls(void) {
	struct sockaddr_in inet = {.sin_family = AF_INET, .sin_port = htons(9)};
	char byte = 'x';
	struct iovec iov = {&byte, 1};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	struct mmsghdr messages = {.msg_hdr = message};
	socklen_t length = sizeof(inet);

	inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int fd = 0; fd < FDS; fd++) {
		TRY(connect(fd, (struct sockaddr *)&inet, sizeof(inet)));
		if (fd == CHANNEL)
			continue;
		TRY(sendmsg(fd, &message, 0));
		TRY(recvmsg(fd, &message, MSG_DONTWAIT));
	}
	TRY(bind(0, (struct sockaddr *)&inet, sizeof(inet)));
	TRY(listen(0, 1));
	TRY(accept(0, NULL, NULL));
	TRY_SYS(accept4, 0, NULL, NULL, 0);
	TRY(sendto(0, &byte, 1, 0, (struct sockaddr *)&inet, sizeof(inet)));
	TRY_OR(recvfrom(0, &byte, 1, MSG_DONTWAIT, NULL, NULL), ENOTSOCK);
	TRY_SYS(sendmmsg, 0, &messages, 1, 0);
	TRY_SYS(recvmmsg, 0, &messages, 1, MSG_DONTWAIT, NULL);
	TRY(getsockname(0, (struct sockaddr *)&inet, &length));
	TRY(getpeername(0, (struct sockaddr *)&inet, &length));
	TRY(getsockopt(0, SOL_SOCKET, SO_TYPE, &byte, &length));
	TRY(setsockopt(0, SOL_SOCKET, SO_KEEPALIVE, &byte, 1));
	TRY_OR(shutdown(0, SHUT_RDWR), ENOTSOCK);
}

/* What a library would really do: each step by step, as far as it gets. */
static void reach(int family, int type, const void *address, size_t size, const char *what) {
	int fd = socket(family, type, 0);

	if (attempt(what, fd))
		return;
	if (connect(fd, address, (socklen_t)size) == 0 && write(fd, "leak", 4) == 4)
		say("REACHED %s\n", what);
	close(fd);
}

static void reach_unix(const char *path, bool abstract, int type, const char *what) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(path);

	if (length + 2 > sizeof(address.sun_path)) {
		say("ODD %s: too long\n", what);
		return;
	}
	memcpy(address.sun_path + abstract, path, length);
	reach(AF_UNIX, type, &address, offsetof(struct sockaddr_un, sun_path) + length + 1, what);
}

static void reach_listeners(void) {
	struct sockaddr_in inet = {.sin_family = AF_INET};
	struct sockaddr_in6 inet6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

	inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	inet.sin_port = htons((uint16_t)conf_number("tcp"));
	reach(AF_INET, SOCK_STREAM, &inet, sizeof(inet), "TCP");
	inet.sin_port = htons((uint16_t)conf_number("udp"));
	reach(AF_INET, SOCK_DGRAM, &inet, sizeof(inet), "UDP");
	inet6.sin6_port = htons((uint16_t)conf_number("tcp6"));
	reach(AF_INET6, SOCK_STREAM, &inet6, sizeof(inet6), "TCP over IPv6");
	reach_unix(conf("unix"), false, SOCK_STREAM, "a Unix socket");
	reach_unix(conf("unix_datagram"), false, SOCK_DGRAM, "a Unix datagram socket");
	reach_unix(conf("abstract"), true, SOCK_STREAM, "an abstract Unix socket");
	reach_unix(conf("socket"), false, SOCK_STREAM, "the daemon's own socket");
}

/* Hands the daemon descriptors that it did not ask for, over the channel it listens to. */
static void send_descriptors(void) {
	char byte = 'x', control[CMSG_SPACE(8 * sizeof(int))] = "";
	struct iovec iov = {&byte, 1};
	struct msghdr message = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int own = open(own_path(), O_RDONLY | O_CLOEXEC);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(8 * sizeof(int));
	for (int i = 0; i < 8; i++)
		memcpy(CMSG_DATA(header) + (size_t)i * sizeof(int), &own, sizeof(int));
	for (int i = 0; i < 200; i++)
		TRY(sendmsg(CHANNEL, &message, MSG_DONTWAIT));
}

static void io_uring(void) {
	struct io_uring_params parameters;

	memset(&parameters, 0, sizeof(parameters));
	TRY_SYS(io_uring_setup, 8, &parameters);
	for (int fd = 0; fd < FDS; fd++)
		TRY_SYS(io_uring_enter, fd, 1, 0, 0, NULL, 0);
	TRY_SYS(io_uring_register, 0, 0, NULL, 0);
}

const struct attack attacks_network[] = {
	{"io_uring", io_uring},
	{"reach_listeners", reach_listeners},
	{"send_descriptors", send_descriptors},
	{"socket_calls", socket_calls},
	{"socket_families", socket_families},
	{"socket_pair", socket_pair},
	{0},
};
