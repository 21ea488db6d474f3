/* SPDX-License-Identifier: MIT */
#include "autostart.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/standing.h>

#include "connection.h"
#include "daemonproc.h"

/* How long to wait for a place in the queue of a daemon. */
#define CONNECT_MS 2000
/* How long another client or an ending daemon may hold the lock without a daemon to be seen. */
#define LOCKED_MS 2000
#define STEP_MS	  5

/* A daemon that just ended its life may still answer for a moment; one that is not there does not.
 * A full backlog is no sign of absence. */
static bool is_nobody(int error) {
	return error == -ENOENT || error == -ECONNREFUSED;
}

/* Returns a connected socket or -errno. */
static int connect_to(const struct autostart *autostart) {
	return dltest_sockpath_connect(
		autostart->sockpath, deadline_left_ms(&autostart->deadline, CONNECT_MS));
}

/* A process that does not stand as others do starts no daemon for them. One that runs already may
 * stand as it does, and says if not. */
static int connect_as_other(const struct autostart *autostart, enum dltest_standing_kind kind) {
	return kind == DLTEST_STANDING_APART ? -EPERM : connect_to(autostart);
}

/* With the lock held and nobody there: the socket first, so that the daemon is ready as soon as
 * it is started, and every other client already queues. */
static int start_locked(const struct autostart *autostart, int lock) {
	cleanup_fd int listening = dltest_sockpath_listen(autostart->sockpath, NULL, NULL);

	if (listening < 0)
		return listening;
	struct daemonproc daemonproc = {
		.home = autostart->home,
		.socket = autostart->sockpath->path,
		.fd = listening,
		.lock = lock,
		.detached = true,
		.deadline = autostart->deadline,
	};
	pid_t pid = daemonproc_start(&daemonproc);
	/* One that is slow to start still has the socket, and the lock. */
	if (pid < 0 && pid != -ETIMEDOUT) {
		dev_t dev;
		ino_t ino;

		if (dltest_sockpath_identity(autostart->sockpath, &dev, &ino) == 0)
			dltest_sockpath_remove(autostart->sockpath, dev, ino);
	}
	return pid < 0 ? pid : connect_to(autostart);
}

/* Returns a connected socket or -errno. */
static int connect_or_start(const struct autostart *autostart) {
	struct dltest_standing standing;
	uint64_t start = deadline_now_ms();

	dltest_standing_take(&standing);
	if (standing.kind != DLTEST_STANDING_USUAL)
		return connect_as_other(autostart, standing.kind);

	for (;;) {
		int fd = connect_to(autostart);
		if (!is_nobody(fd))
			return fd;
		int trusted = dltest_sockpath_check(autostart->sockpath);
		if (trusted < 0)
			return trusted;
		cleanup_fd int lock = dltest_sockpath_lock(autostart->sockpath);
		if (lock >= 0) {
			/* Somebody may have been faster between the two. */
			fd = connect_to(autostart);
			return is_nobody(fd) ? start_locked(autostart, lock) : fd;
		}
		if (lock != -EWOULDBLOCK || deadline_now_ms() - start > LOCKED_MS ||
			deadline_has_passed(&autostart->deadline))
			return lock;
		deadline_pause(&autostart->deadline, STEP_MS);
	}
}

int autostart_connect(const struct autostart *autostart, struct connection **ret_connection) {
	int fd = autostart->sockpath ? connect_to(autostart) : -ENOENT;

	return fd < 0 ? fd : connection_new(fd, 0, &autostart->deadline, ret_connection);
}

int autostart_connect_or_start(
	const struct autostart *autostart, struct connection **ret_connection) {
	int fd = autostart->sockpath ? connect_or_start(autostart) : -ENOENT;

	return fd < 0 ? fd : connection_new(fd, 0, &autostart->deadline, ret_connection);
}

int autostart_private(const struct autostart *autostart, struct connection **ret_connection) {
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	cleanup_fd int ours = pair[0], theirs = pair[1];
	struct daemonproc daemonproc = {
		.home = autostart->home,
		.fd = theirs,
		.lock = -1,
		.deadline = autostart->deadline,
	};
	pid_t pid = daemonproc_start(&daemonproc);
	if (pid < 0)
		return pid;
	return connection_new(steal_fd(&ours), pid, &autostart->deadline, ret_connection);
}
