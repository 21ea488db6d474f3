/* SPDX-License-Identifier: MIT */
#include "sockets.h"

#include <dltest/sockpath.h>
#include <errno.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "log.h"
#include "sight.h"

static int add(struct sockets *sockets, const struct sockets_config *config, int fd) {
	struct listener *listener;

	int r = listener_new(config->base, fd, config->on_accept, config->context, &listener);
	if (r == 0)
		sockets->listeners[sockets->count++] = listener;
	return r;
}

/* Whether the directory of the place is one that others cannot write to. */
static int check_place(const struct dltest_sockpath *sockpath) {
	if (!sockpath) {
		log_error("no place for a socket: set TSUKU_HOME, HOME or --socket");
		return -ENOENT;
	}
	int r = dltest_sockpath_check(sockpath);
	if (r == -EPERM)
		log_error("'%s' must belong to you and be writable by you alone: chmod go-w '%s'",
			sockpath->dir, sockpath->dir);
	else if (r < 0)
		log_error("'%s': %s", sockpath->dir, strerror(-r));
	return r;
}

/* Whether somebody listens there already; a service manager does so without the lock. */
static bool is_served(const struct dltest_sockpath *sockpath) {
	int fd = dltest_sockpath_connect(sockpath, 0);

	fd_close(fd);
	/* A full backlog is somebody's, too. */
	return fd >= 0 || fd == -EAGAIN || fd == -EPERM;
}

/* A socket of its own, at its place in the user's tsuku home. */
static int open_own(struct sockets *sockets, const struct sockets_config *config) {
	const struct dltest_sockpath *sockpath = config->sockpath;

	int r = check_place(sockpath);
	if (r < 0)
		return r;
	sockets->lock = dltest_sockpath_lock(sockpath);
	if (sockets->lock == -EWOULDBLOCK || (sockets->lock >= 0 && is_served(sockpath))) {
		log_error("another daemon serves '%s'", sockpath->path);
		return -EADDRINUSE;
	}
	int fd = sockets->lock < 0 ? sockets->lock
				   : dltest_sockpath_listen(sockpath, &sockets->dev, &sockets->ino);
	if (fd < 0) {
		log_error("cannot listen at '%s': %s", sockpath->path, strerror(-fd));
		return fd;
	}
	return add(sockets, config, fd);
}

static int open_inherited(struct sockets *sockets, const struct sockets_config *config) {
	struct activation *activation = config->activation;
	int r = 0;

	for (size_t i = 0; i < activation->listeners_count && r == 0; i++)
		r = add(sockets, config, steal_fd(&activation->listeners[i]));
	sockets->lock = steal_fd(&activation->lock);
	if (sockets->lock >= 0 &&
		dltest_sockpath_identity(config->sockpath, &sockets->dev, &sockets->ino) < 0)
		sockets->lock = fd_close(sockets->lock);
	return r;
}

int sockets_open(const struct sockets_config *config, struct sockets *ret_sockets) {
	const struct activation *activation = config->activation;

	*ret_sockets = (struct sockets){.lock = -1};
	if (activation->ignored > 0)
		log_warn(
			"ignoring %zu inherited descriptors of no known kind", activation->ignored);
	bool inherited = activation->listeners_count > 0 || activation->connection >= 0;
	int r = inherited ? open_inherited(ret_sockets, config) : open_own(ret_sockets, config);
	if (ret_sockets->lock >= 0)
		ret_sockets->sockpath = config->sockpath;
	return r;
}

void sockets_pause(struct sockets *sockets) {
	for (size_t i = 0; i < sockets->count; i++)
		listener_pause(sockets->listeners[i]);
}

void sockets_resume(struct sockets *sockets) {
	for (size_t i = 0; i < sockets->count; i++)
		listener_resume(sockets->listeners[i]);
}

void sockets_accept_last(struct sockets *sockets) {
	for (size_t i = 0; i < sockets->count && sockets->lock >= 0; i++)
		listener_accept_waiting(sockets->listeners[i]);
}

void sockets_fini(struct sockets *sockets) {
	if (sockets->lock >= 0) {
		/* What stays is replaced by whoever listens next. */
		if (sight_reaches(sockets->sockpath->path))
			dltest_sockpath_remove(sockets->sockpath, sockets->dev, sockets->ino);
		sockets->lock = fd_close(sockets->lock);
	}
	for (size_t i = 0; i < sockets->count; i++)
		sockets->listeners[i] = listener_free(sockets->listeners[i]);
	sockets->count = 0;
}
