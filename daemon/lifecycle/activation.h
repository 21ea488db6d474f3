/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Activation: the descriptors that the daemon's starter handed over. A listening socket (systemd,
 * launchd, the client), a connected one (varlinkctl's exec:, the client without a daemon), the lock
 * that goes with a socket (the client). And word to the service manager. Non-logging.
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
 * LISTEN_PID and its like are removed from the environment. activation_fini() closes the
 * descriptors. Returns 0 or -errno.
 */
int activation_take(struct activation *activation);

/* Closes the descriptors that nobody has stolen. */
void activation_fini(struct activation *activation);

/* A descriptor as a platform hands it over: with a name. */
struct activation_fd {
	int fd;
	char name[32];
};

/* Fills 'fds' with up to 'size' descriptors, which are the caller's. Returns how many, or -errno.
 * One implementation a platform: activation_systemd.c, activation_none.c, activation_launchd.c. */
int activation_list(struct activation_fd *fds, size_t size);

/* Tells the service manager 'state', in the words of sd_notify(3); does nothing where there is
 * none. */
void activation_notify(const char *state);

/* The microseconds within which the service manager wants a sign of life; 0: it wants none. */
uint64_t activation_watchdog_us(void);
