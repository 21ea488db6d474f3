/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <errno.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "activity.h"
#include "clock.h"
#include "lobby.h"
#include "log.h"
#include "peer.h"

/* Who has said nothing for so long is idle: who connects calls at once. */
#define IDLE_MS 100

/* A peer that is idle, and since when. */
struct idler {
	struct peer *peer;
	uint64_t since_ms;
};

struct peers {
	struct peers_config config;
	struct peer_config peer_config;
	struct peer *open;
	struct peer *closed;
	struct peer *last; /* callers of Stop: closed last */
	size_t count;	   /* of all three */
	struct lobby *lobby;
	struct idler *idlers; /* room for those of all peers */
	struct event *somebody_idle;
};

static void peers_on_closed(void *context, struct peer *peer) {
	struct peers *peers = context;

	peer_unlink(&peers->open, peer);
	peer_link(&peers->closed, peer);
	peers->config.on_sweep_due(peers->config.context);
}

static void peers_on_stop(void *context) {
	struct peers *peers = context;

	peers->config.on_stop(peers->config.context);
}

static void peers_on_ready(void *context) {
	struct peers *peers = context;

	peers->config.on_sweep_due(peers->config.context);
}

static void peers_on_somebody_idle(evutil_socket_t fd, short what, void *argument) {
	struct peers *peers = argument;

	(void)fd, (void)what;
	peers->config.on_sweep_due(peers->config.context);
}

int peers_new(const struct peers_config *config, struct peers **ret_peers) {
	struct peers *peers = calloc(1, sizeof(*peers));

	if (!peers)
		return -ENOMEM;
	peers->config = *config;
	peers->peer_config = (struct peer_config){
		.base = config->base,
		.methods = config->methods,
		.activity = config->activity,
		.on_closed = peers_on_closed,
		.on_stop = peers_on_stop,
		.context = peers,
	};
	const struct lobby_config lobby = {
		.base = config->base,
		.activity = config->activity,
		.most = config->most_silent,
		.on_ready = peers_on_ready,
		.context = peers,
	};
	peers->somebody_idle = evtimer_new(config->base, peers_on_somebody_idle, peers);
	peers->idlers = calloc(config->most, sizeof(*peers->idlers));
	if (!peers->somebody_idle || !peers->idlers || lobby_new(&lobby, &peers->lobby) < 0) {
		peers_free(peers);
		return -ENOMEM;
	}
	*ret_peers = peers;
	return 0;
}

static int admit(struct peers *peers, int fd) {
	struct peer *peer;

	int r = peer_new(&peers->peer_config, fd, &peer);
	if (r < 0) {
		log_warn("dropping a connection: %s", strerror(-r));
		return r;
	}
	peers->count++;
	peer_link(&peers->open, peer);
	if (peers->config.activity->draining)
		peer_drain(peer);
	return 0;
}

static bool has_room(const struct peers *peers) {
	return peers->count < peers->config.most;
}

static int have_wait(struct peers *peers, int fd) {
	int r = lobby_add(peers->lobby, fd);

	if (r < 0)
		log_warn("dropping a connection: %s", strerror(-r));
	return r;
}

int peers_add(struct peers *peers, int fd) {
	/* Who comes at the end is told so at once. */
	if (has_room(peers) || lobby_is_full(peers->lobby) || peers->config.activity->draining)
		return admit(peers, fd);
	return have_wait(peers, fd);
}

bool peers_is_full(const struct peers *peers) {
	return !has_room(peers) && lobby_is_full(peers->lobby);
}

static void drop_peer(struct peers *peers, struct peer *peer) {
	peers->count--;
	peer_free(peer);
}

static void free_list(struct peers *peers, struct peer **list) {
	struct peer *peer;

	while ((peer = *list)) {
		peer_unlink(list, peer);
		drop_peer(peers, peer);
	}
}

/* Frees them but for those that asked the daemon to stop. */
static void release(struct peers *peers, struct peer **list) {
	struct peer *peer;

	while ((peer = *list)) {
		peer_unlink(list, peer);
		if (peer_asked_to_stop(peer))
			peer_link(&peers->last, peer);
		else
			drop_peer(peers, peer);
	}
}

static int compare_idlers(const void *a, const void *b) {
	const struct idler *first = a, *second = b;

	return (first->since_ms > second->since_ms) - (first->since_ms < second->since_ms);
}

/* Lists the peers that have been idle for long enough, the one first that has been for longest.
 * Returns how many. */
static size_t find_idlers(const struct peers *peers) {
	const uint64_t now_ms = clock_now_ms();
	size_t count = 0;

	/* There are more only once nobody is kept waiting. */
	for (struct peer *peer = peers->open; peer && count < peers->config.most;
		peer = peer_next(peer)) {
		struct idler *idler = &peers->idlers[count];

		idler->peer = peer;
		count +=
			peer_is_idle(peer, &idler->since_ms) && now_ms - idler->since_ms >= IDLE_MS;
	}
	qsort(peers->idlers, count, sizeof(*peers->idlers), compare_idlers);
	return count;
}

/* Has the peers looked at again when somebody may have become idle. */
static void sweep_later(struct peers *peers) {
	static const struct timeval later = {.tv_usec = IDLE_MS * 1000};

	event_add(peers->somebody_idle, &later);
}

/* Closes 'count' connections, as far as that can be done now. */
static void make_room(struct peers *peers, size_t count) {
	size_t found = count > 0 ? find_idlers(peers) : 0;

	for (size_t i = 0; i < count && i < found; i++)
		peer_dismiss(peers->idlers[i].peer);
	if (found < count)
		sweep_later(peers);
}

static void let_in(struct peers *peers) {
	int fd;

	while (has_room(peers) && (fd = lobby_take_ready(peers->lobby)) >= 0)
		(void)admit(peers, fd);
}

/* Has room for more than one: a crowd comes at once. */
static void clear_lobby(struct peers *peers) {
	size_t left = lobby_count(peers->lobby) / 2;

	lobby_dismiss(peers->lobby, clock_now_ms() - IDLE_MS, left);
	if (lobby_is_full(peers->lobby))
		sweep_later(peers);
}

/* Those who want room, as far as that is known: who comes when all is full waits outside. */
static size_t count_waiting(const struct peers *peers) {
	size_t ready = lobby_count_ready(peers->lobby);

	return ready > 0 || !lobby_is_full(peers->lobby) ? ready : 1;
}

void peers_sweep(struct peers *peers) {
	release(peers, &peers->closed);
	let_in(peers);
	if (!has_room(peers) && lobby_is_full(peers->lobby))
		clear_lobby(peers);
	if (!has_room(peers))
		make_room(peers, count_waiting(peers));
}

void peers_drain(struct peers *peers) {
	/* Who waits is told by the end of the connection, and comes again. */
	lobby_clear(peers->lobby);
	for (struct peer *peer = peers->open; peer; peer = peer_next(peer))
		peer_drain(peer);
}

bool peers_is_busy(const struct peers *peers) {
	for (const struct peer *peer = peers->open; peer; peer = peer_next(peer)) {
		if (peer_is_busy(peer))
			return true;
	}
	return false;
}

bool peers_is_empty(const struct peers *peers) {
	return !peers->open && lobby_count(peers->lobby) == 0;
}

void peers_close(struct peers *peers) {
	lobby_clear(peers->lobby);
	release(peers, &peers->open);
	release(peers, &peers->closed);
}

struct peers *peers_free(struct peers *peers) {
	if (!peers)
		return NULL;
	free_list(peers, &peers->open);
	free_list(peers, &peers->closed);
	free_list(peers, &peers->last);
	lobby_free(peers->lobby);
	free(peers->idlers);
	if (peers->somebody_idle)
		event_free(peers->somebody_idle);
	free(peers);
	return NULL;
}
