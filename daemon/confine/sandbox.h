/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What this kernel gives to contain a load, found out once at start: the filters, ready to be
 * installed, the Landlock policy, and what is missing. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "landlock.h"
#include "sysfilter.h"

/* Parts to do without though the kernel has them; for tests. */
struct sandbox_pretence {
	bool no_seccomp;
	bool no_notify;
	int landlock; /* the ABI at most; less than 0: the errno to pretend; INT_MAX: as it is */
};

struct sandbox {
	bool allow_unconfined; /* true: loads are allowed without a system call filter */
	int seccomp_error;     /* 0, or the errno that says why there is no seccomp */
	bool notify;	       /* what is refused can be recorded */
	int landlock_error;
	struct landlock_policy landlock;
	uint64_t affinity_token; /* lets a child put itself on its processor, and its listener be
				    sent */
	struct sysfilter base;
	struct sysfilter child; /* empty where refusals are recorded */
	struct sysfilter trace; /* of a child that traces; empty where 'child' is */
};

struct sandbox_lack {
	const char *what;
	const char *why;
	const char *remedy;
};

#define SANDBOX_LACKS_MAX 4

/*
 * Asks the kernel what it has, but for 'pretence', and builds the filters. sandbox_fini() frees
 * them. Returns 0, or -errno if a filter cannot be built, or there was no room to ask.
 */
int sandbox_init(struct sandbox *sandbox, const struct sandbox_pretence *pretence);

/* Lets libraries be loaded without a system call filter where the kernel has none. */
void sandbox_allow_unconfined(struct sandbox *sandbox);

/*
 * Reads a list of pretences, "no-seccomp", "no-notify", "landlock=N" (an ABI, or an errno as
 * -N), separated by commas. Returns 0 or -EINVAL.
 */
int sandbox_pretence_parse(const char *text, struct sandbox_pretence *ret_pretence);

/* Does without recording from now on, because this kernel refused it when it was tried. Returns
 * 0, or -errno when the other filters cannot be built. */
int sandbox_give_up_notify(struct sandbox *sandbox);

/* Frees the filters. */
void sandbox_fini(struct sandbox *sandbox);

/* True if libraries may be loaded under 'sandbox': seccomp is there, or the user does without. */
bool sandbox_may_load(const struct sandbox *sandbox);

/* Writes what is missing to 'lacks' and returns how much that is. */
size_t sandbox_lacks(const struct sandbox *sandbox, struct sandbox_lack lacks[SANDBOX_LACKS_MAX]);
