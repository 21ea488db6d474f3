/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Starts the loader, confined before its first instruction: with the caller's search path, a
 * C library of somebody else's may be what runs first. One implementation a platform.
 * Non-logging.
 */

#include <stdbool.h>
#include <sys/types.h>

struct loadenv;
struct sandbox;

enum confine_step {
	CONFINE_STEP_PARENT,
	CONFINE_STEP_DESCRIPTORS,
	CONFINE_STEP_LIMITS,
	CONFINE_STEP_CAPABILITIES,
	CONFINE_STEP_NO_NEW_PRIVS,
	CONFINE_STEP_LANDLOCK,
	CONFINE_STEP_SECCOMP,
	CONFINE_STEP_SELF_TEST, /* 'errno' is the act of selftest.h that succeeded, not an error */
	CONFINE_STEP_EXECUTE,
	CONFINE_STEP_COUNT_
};

/* What a confined process is for. */
enum confine_purpose {
	CONFINE_TO_LOAD,  /* it executes the loader */
	CONFINE_TO_CHECK, /* it reports what came of each act as LOADER_EVENT_CHECK instead */
};

struct confine_plan {
	const char *standin; /* absolute path of the stand-in; NULL: loads do without */
	const struct sandbox *sandbox;
	const struct loadenv *env;
	int control; /* becomes LOADER_FD_CONTROL */
	enum confine_purpose purpose;
};

/*
 * Forks, confines the child, and executes in it, as a zygote, the loader of plan->env. A step that
 * fails in the child is reported over the control socket as LOADER_EVENT_FAILED. Where refusals
 * are recorded, LOADER_EVENT_LISTENER comes first, with a listener that must be served for the
 * child to go on.
 * Returns the child's process id, or -errno.
 */
pid_t confine_spawn(const struct confine_plan *plan);

/* The words for what 'step' is about, for a message; never NULL. */
const char *confine_step_name(unsigned step);
