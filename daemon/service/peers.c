/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <errno.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "activity.h"
#include "clock.h"
#include "log.h"
#include "peer.h"

/* Who has said nothing for so long is idle: who connects calls at once. */
#define IDLE_MS 100

struct peers {
	struct peers_config config;
	struct peer_config peer_config;
	struct peer *open;
	struct peer *closed;
	struct peer *last; /* callers of Stop: closed last */
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
	peers->somebody_idle = evtimer_new(config->base, peers_on_somebody_idle, peers);
	if (!peers->somebody_idle) {
		free(peers);
		return -ENOMEM;
	}
	*ret_peers = peers;
	return 0;
}

int peers_add(struct peers *peers, int fd) {
	struct peer *peer;

	int r = peer_new(&peers->peer_config, fd, &peer);
	if (r < 0) {
		log_warn("dropping a connection: %s", strerror(-r));
		return r;
	}
	peer_link(&peers->open, peer);
	if (peers->config.activity->draining)
		peer_drain(peer);
	return 0;
}

bool peers_is_full(const struct peers *peers) {
	return peers->config.activity->clients >= peers->config.most;
}

static void free_list(struct peer **list) {
	struct peer *peer;

	while ((peer = *list)) {
		peer_unlink(list, peer);
		peer_free(peer);
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
			peer_free(peer);
	}
}

/* The peer that has been idle for longest, and since when; NULL if all are busy. */
static struct peer *find_idlest(const struct peers *peers, uint64_t *ret_since_ms) {
	struct peer *idlest = NULL;
	uint64_t since_ms;

	for (struct peer *peer = peers->open; peer; peer = peer_next(peer)) {
		if (!peer_is_idle(peer, &since_ms) || (idlest && since_ms > *ret_since_ms))
			continue;
		idlest = peer;
		*ret_since_ms = since_ms;
	}
	return idlest;
}

/* Closes a connection, or has it done later. */
static void make_room(struct peers *peers) {
	const struct timeval later = {.tv_usec = IDLE_MS * 1000};
	uint64_t since_ms = 0;

	struct peer *idlest = find_idlest(peers, &since_ms);
	if (idlest && clock_now_ms() - since_ms >= IDLE_MS)
		peer_dismiss(idlest);
	else
		event_add(peers->somebody_idle, &later);
}

void peers_sweep(struct peers *peers) {
	release(peers, &peers->closed);
	if (peers_is_full(peers))
		make_room(peers);
}

void peers_drain(struct peers *peers) {
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
	return !peers->open;
}

void peers_close(struct peers *peers) {
	release(peers, &peers->open);
	release(peers, &peers->closed);
}

struct peers *peers_free(struct peers *peers) {
	if (!peers)
		return NULL;
	free_list(&peers->open);
	free_list(&peers->closed);
	free_list(&peers->last);
	event_free(peers->somebody_idle);
	free(peers);
	return NULL;
}
