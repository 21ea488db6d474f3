/* SPDX-License-Identifier: MIT */
#pragma once

/* The pool's own view of a load environment; for pool.c and pool_env.c only. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct loadenv;
struct zygote;

struct pool_env {
	TAILQ_ENTRY(pool_env) link; /* pool.envs */
	struct loadenv *loadenv;
	struct zygote *zygote; /* NULL until needed, and after it broke */
	unsigned refs;	       /* calls that use it */
	bool stale;	       /* directories have changed: new calls get another */
	unsigned failures;     /* zygotes in a row that broke before any load ended in them */
	uint64_t broken_until_ms;
	uint64_t used_ms;
	char complaint[160];
};

TAILQ_HEAD(pool_env_list, pool_env);
