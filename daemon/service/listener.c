/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/peeruid.h>

#include "log.h"

struct listener {
	struct evconnlistener *connections;
	struct event *rest_over;
	listener_accept_fn on_accept;
	void *context;
	bool paused; /* true: it accepts nothing until it is told to */
};

static void hand_over(struct listener *listener, int fd) {
	uid_t uid;

	int r = dltest_peer_uid(fd, &uid);
	if (r < 0 || uid != geteuid()) {
		if (r < 0)
			log_warn("refusing a connection of nobody known: %s", strerror(-r));
		else
			log_warn("refusing a connection of user %u", (unsigned)uid);
		fd_close(fd);
		return;
	}
	listener->on_accept(listener->context, fd);
}

static void listener_on_connection(struct evconnlistener *connections, evutil_socket_t fd,
	struct sockaddr *address, int length, void *argument) {
	(void)connections, (void)address, (void)length;
	hand_over(argument, fd);
}

/* Out of descriptors or memory: without a rest the loop would spin on the waiting connection. */
static void listener_on_error(struct evconnlistener *connections, void *argument) {
	struct listener *listener = argument;
	struct timeval second = {.tv_sec = 1};

	log_warn("cannot accept a connection, resting: %s", strerror(errno));
	evconnlistener_disable(connections);
	event_add(listener->rest_over, &second);
}

static void listener_on_rest_over(evutil_socket_t fd, short what, void *argument) {
	struct listener *listener = argument;

	(void)fd, (void)what;
	if (!listener->paused)
		evconnlistener_enable(listener->connections);
}

int listener_new(struct event_base *base, int fd, listener_accept_fn on_accept, void *context,
	struct listener **ret_listener) {
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener || evutil_make_socket_nonblocking(fd) < 0) {
		fd_close(fd);
		free(listener);
		return -ENOMEM;
	}
	listener->on_accept = on_accept;
	listener->context = context;
	/* Backlog 0: it listens already. */
	listener->connections = evconnlistener_new(base, listener_on_connection, listener,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!listener->connections) {
		fd_close(fd);
		free(listener);
		return -ENOMEM;
	}
	evconnlistener_set_error_cb(listener->connections, listener_on_error);
	listener->rest_over = evtimer_new(base, listener_on_rest_over, listener);
	if (!listener->rest_over) {
		listener_free(listener);
		return -ENOMEM;
	}
	*ret_listener = listener;
	return 0;
}

struct listener *listener_free(struct listener *listener) {
	if (!listener)
		return NULL;
	if (listener->rest_over)
		event_free(listener->rest_over);
	evconnlistener_free(listener->connections);
	free(listener);
	return NULL;
}

void listener_pause(struct listener *listener) {
	listener->paused = true;
	evconnlistener_disable(listener->connections);
}

void listener_resume(struct listener *listener) {
	listener->paused = false;
	if (!evtimer_pending(listener->rest_over, NULL))
		evconnlistener_enable(listener->connections);
}

void listener_accept_waiting(struct listener *listener) {
	int socket_fd = evconnlistener_get_fd(listener->connections);

	for (;;) {
		int fd = accept(socket_fd, NULL, NULL);

		if (fd < 0 && errno == EINTR)
			continue;
		if (fd < 0)
			return;
		evutil_make_socket_nonblocking(fd);
		evutil_make_socket_closeonexec(fd);
		hand_over(listener, fd);
	}
}
