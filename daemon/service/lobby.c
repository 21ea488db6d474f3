/* SPDX-License-Identifier: MIT */
#include "lobby.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "activity.h"
#include "clock.h"

struct guest {
	TAILQ_ENTRY(guest) link; /* lobby.silent or .ready */
	struct lobby *lobby;
	struct event *readable;
	int fd;
	uint64_t since_ms;
	bool ready;
};

TAILQ_HEAD(guests, guest);

struct lobby {
	struct lobby_config config;
	struct guests silent, ready; /* the first ones came first */
	size_t count, ready_count;
};

int lobby_new(const struct lobby_config *config, struct lobby **ret_lobby) {
	struct lobby *lobby = calloc(1, sizeof(*lobby));

	if (!lobby)
		return -ENOMEM;
	lobby->config = *config;
	TAILQ_INIT(&lobby->silent);
	TAILQ_INIT(&lobby->ready);
	*ret_lobby = lobby;
	return 0;
}

/* Takes 'guest' out and frees it. Returns its connection. */
static int let_go(struct guest *guest) {
	struct lobby *lobby = guest->lobby;
	int fd = guest->fd;

	TAILQ_REMOVE(guest->ready ? &lobby->ready : &lobby->silent, guest, link);
	lobby->count--;
	lobby->config.activity->clients--;
	lobby->ready_count -= guest->ready;
	event_free(guest->readable);
	free(guest);
	return fd;
}

void lobby_clear(struct lobby *lobby) {
	struct guest *guest;

	while ((guest = TAILQ_FIRST(&lobby->silent)) || (guest = TAILQ_FIRST(&lobby->ready)))
		fd_close(let_go(guest));
}

struct lobby *lobby_free(struct lobby *lobby) {
	if (lobby)
		lobby_clear(lobby);
	free(lobby);
	return NULL;
}

static void set_ready(struct guest *guest) {
	struct lobby *lobby = guest->lobby;

	TAILQ_REMOVE(&lobby->silent, guest, link);
	TAILQ_INSERT_TAIL(&lobby->ready, guest, link);
	guest->ready = true;
	lobby->ready_count++;
	lobby->config.on_ready(lobby->config.context);
}

static void lobby_on_readable(evutil_socket_t fd, short what, void *argument) {
	(void)fd, (void)what;
	set_ready(argument);
}

static bool has_something(int fd) {
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) > 0;
}

int lobby_add(struct lobby *lobby, int fd) {
	struct guest *guest = calloc(1, sizeof(*guest));

	if (!guest) {
		fd_close(fd);
		return -ENOMEM;
	}
	guest->lobby = lobby;
	guest->fd = fd;
	guest->since_ms = clock_now_ms();
	guest->readable = event_new(lobby->config.base, fd, EV_READ, lobby_on_readable, guest);
	/* Most have spoken by the time that they are accepted. */
	bool spoke = has_something(fd);
	if (!guest->readable || (!spoke && event_add(guest->readable, NULL) < 0)) {
		if (guest->readable)
			event_free(guest->readable);
		free(guest);
		fd_close(fd);
		return -ENOMEM;
	}
	TAILQ_INSERT_TAIL(&lobby->silent, guest, link);
	lobby->count++;
	lobby->config.activity->clients++;
	if (spoke)
		set_ready(guest);
	return 0;
}

int lobby_take_ready(struct lobby *lobby) {
	struct guest *guest = TAILQ_FIRST(&lobby->ready);

	return guest ? let_go(guest) : -1;
}

size_t lobby_count(const struct lobby *lobby) {
	return lobby->count;
}

size_t lobby_count_ready(const struct lobby *lobby) {
	return lobby->ready_count;
}

bool lobby_is_full(const struct lobby *lobby) {
	return lobby->count >= lobby->config.most;
}

void lobby_dismiss(struct lobby *lobby, uint64_t before_ms, size_t left) {
	struct guest *guest = TAILQ_FIRST(&lobby->silent), *next;

	for (; guest && lobby->count > left && guest->since_ms <= before_ms; guest = next) {
		next = TAILQ_NEXT(guest, link);
		if (!has_something(guest->fd))
			fd_close(let_go(guest));
	}
}
