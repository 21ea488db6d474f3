/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Keeps the memory of verdicts in $TSUKU_HOME/cache/dltest/ from one daemon to the next: reads the
 * file at the start, writes it when the memory has changed. Logs.
 */

#include <stdbool.h>

struct keeper;
struct memory;

struct keeper_config {
	struct memory *memory;
	const char *policy; /* what a load may do (policy.h); needed by keeper_new() alone */
	const char *loader; /* absolute path of the loader program */
	const char *home;   /* $TSUKU_HOME */
	/* This is one of several daemons of the home, and must not undo what another has written.
	 */
	bool guest;
	/* Nor what daemons of another policy have: this one's is unusual. */
	bool stranger;
};

/* Makes a keeper and reads what is there. Returns 0, or -ENOMEM; a file that cannot be used is no
 * error. 'config' is copied; what it points to, but 'policy', must outlive the keeper, which
 * keeper_free() frees. */
int keeper_new(const struct keeper_config *config, struct keeper **ret_keeper);

/* Writes the memory if it has changed since it was read or written. A failure is logged. If the
 * loader is not there any more, removes what was written instead. */
void keeper_save(struct keeper *keeper);

/* Frees 'keeper' without writing; NULL is nothing. Returns NULL. */
struct keeper *keeper_free(struct keeper *keeper);
