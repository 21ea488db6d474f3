/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What whoever started the daemon handed over: a listening socket (systemd, launchd, the client),
 * a connected one (varlinkctl's exec:, the client without a daemon), the lock that goes with a
 * socket (the client). And word to the service manager. Non-logging.
 */

#include <stddef.h>
#include <stdint.h>

#define ACTIVATION_LISTENERS_MAX 8

struct activation {
	int listeners[ACTIVATION_LISTENERS_MAX];
	size_t listeners_count;
	int connection; /* -1: none */
	int lock;	/* -1: none */
	size_t ignored; /* descriptors of no known kind, which were closed */
};

/*
 * Takes what was handed over; every descriptor is made close-on-exec, sockets non-blocking.
 * LISTEN_PID and its like are removed from the environment. Returns 0 or -errno.
 */
int activation_take(struct activation *activation);

/* Closes what has not been stolen. */
void activation_fini(struct activation *activation);

/* What a platform's way of handing over gives: descriptors with names. */
struct activation_fd {
	int fd;
	char name[32];
};

/* Fills 'fds' with up to 'size' of them. Returns how many, or -errno. One implementation a
 * platform: activation_systemd.c, activation_none.c, activation_launchd.c. */
int activation_list(struct activation_fd *fds, size_t size);

/* Tells the service manager (sd_notify(3)); nothing where there is none. */
void activation_notify(const char *state);

/* How often the service manager wants a sign of life, in microseconds; 0: not at all. */
uint64_t activation_watchdog_us(void);
