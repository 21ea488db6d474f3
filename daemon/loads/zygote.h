/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One loader process and its load children: started for one load environment, told to fork, and
 * believed in nothing that cannot be checked. Runs in the daemon's loop; logs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "load.h"

struct event_base;
struct loadenv;
struct sandbox;
struct zygote;

struct zygote_config {
	struct event_base *base;
	const struct sandbox *sandbox;
	const char *loader; /* absolute path of the loader program */

	struct load_events loads; /* who is told of its loads */

	/* All with 'context'. A load that ended is freed after the call. */
	void *context;
	void (*on_load_end)(void *context, struct load *load, int wait_status);
	void (*on_not_forked)(void *context, struct load *load, int error);
	/* The zygote broke: no further load is to be made in it. Only zygote_free() frees it. */
	void (*on_broken)(void *context, struct zygote *zygote);
	/* For zygote_check(): an act was tried, and failed with 'error', or 0. */
	void (*on_check)(void *context, unsigned act, int error);
};

/*
 * Starts a loader for 'env', which must outlive it; 'config' too. Returns 0 or -errno.
 */
int zygote_start(
	const struct zygote_config *config, const struct loadenv *env, struct zygote **ret_zygote);

/*
 * The same, but instead of the loader the acts of selftest.h are tried under its confinement and
 * told of by on_check; then it breaks.
 */
int zygote_check(
	const struct zygote_config *config, const struct loadenv *env, struct zygote **ret_zygote);

/* Which step of its confinement failed (enum confine_step); -1: none. */
int zygote_failed_step(const struct zygote *zygote);

/* Kills it with all its children, and frees it and its loads. */
struct zygote *zygote_free(struct zygote *zygote);

pid_t zygote_pid(const struct zygote *zygote);

bool zygote_is_broken(const struct zygote *zygote);

/* What was wrong when it broke, for a person; NULL if that is not known. */
const char *zygote_complaint(const struct zygote *zygote);

/* The errno for which it broke, as for want of a descriptor; 0 if it was for none. */
int zygote_error(const struct zygote *zygote);

/* Tells it that its process has ended with 'wait_status'; it breaks. */
void zygote_on_exit(struct zygote *zygote, int wait_status);

/* Has a child forked that stays on processor 'cpu' (-1: any). The load is a spare. Returns 0 or
 * -errno. */
int zygote_fork(struct zygote *zygote, enum load_kind kind, int cpu, struct load **ret_load);

/* The first of its loads; the rest by load->link. */
struct load *zygote_first_load(const struct zygote *zygote);

size_t zygote_count_spares(const struct zygote *zygote);

/* How many loads have a job, or had one and have not ended. */
size_t zygote_count_busy(const struct zygote *zygote);

/* Links for a list of zygotes; the list's. */
struct zygote *zygote_next(const struct zygote *zygote);
void zygote_set_next(struct zygote *zygote, struct zygote *next);
