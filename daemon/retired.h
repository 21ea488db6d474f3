/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Zygotes that have no environment any more, until nothing runs in them. For the pool alone.
 */

#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>

struct retired_zygote;
struct zygote;

/* Initialized by TAILQ_INIT(). */
TAILQ_HEAD(retired, retired_zygote);

/* Takes 'zygote' over. Without memory it is leaked with its processes, which is logged. */
void retired_add(struct retired *retired, struct zygote *zygote);

/* The one with this process id; NULL if there is none. */
struct zygote *retired_find(const struct retired *retired, pid_t pid);

/* Frees those that are broken, and those with no load that has a job. */
void retired_sweep(struct retired *retired);

/* Frees all. */
void retired_fini(struct retired *retired);
