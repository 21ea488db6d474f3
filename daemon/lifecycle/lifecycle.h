/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The lifecycle: reasons for the daemon to end. There was nothing to do for long, the socket is not
 * the daemon's own any more, a program was replaced. Runs in the daemon's loop; non-logging.
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
	const struct dltest_sockpath *sockpath; /* NULL: there is no socket to watch */
	dev_t socket_dev;			/* identity of the daemon's socket … */
	ino_t socket_ino;			/* … at that place */
	const char *loader;			/* absolute path of the loader program */
	uint64_t idle_ms;			/* 0: never idle */
	/* Called with 'context' by the loop. */
	/* There has been nothing to do for 'idle_ms'. */
	void (*on_idle)(void *context);
	/* The daemon is to end, for the reason 'why', a text that lasts. */
	void (*on_retire)(void *context, const char *why);
	/* A few seconds have passed. */
	void (*on_tick)(void *context);
	void *context;
};

/* A new lifecycle, which watches from now on; 'config' must outlive it. lifecycle_free() frees
 * *ret_lifecycle. Returns 0 or -errno. */
int lifecycle_new(const struct lifecycle_config *config, struct lifecycle **ret_lifecycle);

/* Frees 'lifecycle'; NULL is nothing. Returns NULL. */
struct lifecycle *lifecycle_free(struct lifecycle *lifecycle);

/* Checks now whether a program was replaced; calls on_retire if one was. */
void lifecycle_check(struct lifecycle *lifecycle);
