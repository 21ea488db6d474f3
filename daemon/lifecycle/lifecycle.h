/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reasons to end: nothing to do for long, the socket is not the daemon's own any more, the
 * daemon's program was replaced. Runs in the daemon's loop; non-logging.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct activity;
struct dltest_sockpath;
struct event_base;
struct lifecycle;

struct lifecycle_config {
	struct event_base *base;
	const struct activity *activity;
	const struct dltest_sockpath *sockpath; /* NULL: no socket to look after */
	dev_t socket_dev;			/* which is the daemon's */
	ino_t socket_ino;
	const char *loader;
	uint64_t idle_ms; /* 0: never idle */
	void (*on_idle)(void *context);
	void (*on_retire)(void *context, const char *why);
	void (*on_tick)(void *context); /* every few seconds */
	void *context;
};

/* Starts watching; 'config' must outlive it. Returns 0 or -errno. */
int lifecycle_new(const struct lifecycle_config *config, struct lifecycle **ret_lifecycle);

struct lifecycle *lifecycle_free(struct lifecycle *lifecycle);

/* Looks at once whether a program was replaced; if so, on_retire is called. */
void lifecycle_check(struct lifecycle *lifecycle);
