/* SPDX-License-Identifier: MIT */
#include "activation.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#define FDS_MAX 16

enum kind {
	KIND_OTHER,
	KIND_LISTENING,
	KIND_CONNECTED,
};

static enum kind kind_of(int fd) {
	int type = 0, listening = 0;
	/* Not every kind of socket that is handed over has an address. */
	struct sockaddr_un address = {.sun_family = AF_UNSPEC};
	socklen_t size = sizeof(type), address_size = sizeof(address);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM)
		return KIND_OTHER;
	if (getsockname(fd, (struct sockaddr *)&address, &address_size) < 0 ||
		address.sun_family != AF_UNIX)
		return KIND_OTHER;
	size = sizeof(listening);
	/* UAPI.20: this tells which of the two was handed over. */
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0)
		return KIND_OTHER;
	return listening ? KIND_LISTENING : KIND_CONNECTED;
}

static void make_ours(int fd, bool non_blocking) {
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (non_blocking)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void take_fd(struct activation *activation, const struct activation_fd *given) {
	enum kind kind = kind_of(given->fd);

	make_ours(given->fd, kind != KIND_OTHER);
	if (strcmp(given->name, DLTEST_FDNAME_LOCK) == 0 && activation->lock < 0) {
		activation->lock = given->fd;
	} else if (kind == KIND_LISTENING &&
		   activation->listeners_count < ACTIVATION_LISTENERS_MAX) {
		activation->listeners[activation->listeners_count++] = given->fd;
	} else if (kind == KIND_CONNECTED && activation->connection < 0) {
		activation->connection = given->fd;
	} else {
		fd_close(given->fd);
		activation->ignored++;
	}
}

int activation_take(struct activation *activation) {
	struct activation_fd fds[FDS_MAX];

	*activation = (struct activation){.connection = -1, .lock = -1};
	int count = activation_list(fds, FDS_MAX);
	for (int i = 0; i < count; i++)
		take_fd(activation, &fds[i]);
	return count < 0 ? count : 0;
}

void activation_fini(struct activation *activation) {
	for (size_t i = 0; i < activation->listeners_count; i++)
		fd_close(activation->listeners[i]);
	activation->listeners_count = 0;
	activation->connection = fd_close(activation->connection);
	activation->lock = fd_close(activation->lock);
}
