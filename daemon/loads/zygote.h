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
struct gift;
struct loadenv;
struct reader;
struct sandbox;
struct zygote;

struct zygote_config {
	struct event_base *base;
	const struct sandbox *sandbox;
	const char *standin; /* absolute path of the stand-in; NULL: no load has a host */

	struct reader
		*reader; /* of what its loads were refused; NULL: that is told without paths */

	struct load_events loads; /* of the zygote's loads */

	void *context; /* of the functions below */
	/* The child of 'load' ended as 'exit' says, or could not be forked for 'error', an errno.
	 * The load is freed when the function has returned. */
	void (*on_load_end)(void *context, struct load *load, const struct load_exit *exit);
	void (*on_not_forked)(void *context, struct load *load, int error);
	/* The zygote broke: no further load is to be made in it. Only zygote_free() frees it. */
	void (*on_broken)(void *context, struct zygote *zygote);
	/* For zygote_check(): an act was tried, and failed with 'error', or 0. */
	void (*on_check)(void *context, unsigned act, int error);
};

/*
 * Starts a loader for 'env'; 'config' and 'env' must outlive it. zygote_free() frees *ret_zygote.
 * Returns 0 or -errno.
 */
int zygote_start(
	const struct zygote_config *config, const struct loadenv *env, struct zygote **ret_zygote);

/*
 * As zygote_start(), but instead of executing the loader, the acts of selftest.h are tried under
 * its confinement, on_check tells of each, and the zygote breaks.
 */
int zygote_check(
	const struct zygote_config *config, const struct loadenv *env, struct zygote **ret_zygote);

/* The step of its confinement that failed (enum confine_step); -1: none. */
int zygote_failed_step(const struct zygote *zygote);

/* True if the listener of its refused system calls has come. */
bool zygote_is_heard(const struct zygote *zygote);

/* Kills the process of 'zygote' with all its children, and frees it and its loads; NULL is nothing.
 * Returns NULL. */
struct zygote *zygote_free(struct zygote *zygote);

/* The process id; 0 once the process has ended. */
pid_t zygote_pid(const struct zygote *zygote);

/* True if no further load is to be made in 'zygote'. */
bool zygote_is_broken(const struct zygote *zygote);

/* The complaint about a zygote that broke, for a person, valid as long as 'zygote'; NULL if nothing
 * is known. */
const char *zygote_complaint(const struct zygote *zygote);

/* The errno for which 'zygote' broke, as for want of a descriptor; 0 if it was for none. */
int zygote_error(const struct zygote *zygote);

/* Takes note that the process of 'zygote' has ended with 'wait_status'; the zygote breaks. */
void zygote_on_exit(struct zygote *zygote, int wait_status);

/* Has a child forked that stays on processor 'cpu' (the kernel's number; -1: any), and that is
 * given the host of 'gift' (NULL: none). *ret_load is a spare, which the zygote owns. Returns 0 or
 * -errno. */
int zygote_fork(struct zygote *zygote, enum load_kind kind, int cpu, const struct gift *gift,
	struct load **ret_load);

/* The first of the loads of 'zygote', NULL if there is none; the rest by load->link. */
struct load *zygote_first_load(const struct zygote *zygote);

/* The link of a list of zygotes, which belongs to the list. */
struct zygote *zygote_next(const struct zygote *zygote);
void zygote_set_next(struct zygote *zygote, struct zygote *next);
