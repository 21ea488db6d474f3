/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include <dltest/cleanup.h>

#include "confine.h"
#include "sandbox.h"

/* Raised by whoever changes the rules (sysfilter.c, landlock.c, confine_*.c, notify.c), what a
 * verdict rests on, or how one is worked out: verdicts of the former policy are then ignored. */
#define POLICY_VERSION 4

char *policy_describe(const struct sandbox *sandbox) {
	cleanup_free char *limits = confine_describe_limits();
	struct utsname system;
	char *text;

	if (!limits || uname(&system) < 0)
		return NULL;
	if (asprintf(&text, "policy %d\n%s %s %s %s\nseccomp %d, notify %d, landlock %d\nlimits %s",
		    POLICY_VERSION, system.sysname, system.release, system.version, system.machine,
		    sandbox->seccomp_error, sandbox->notify, sandbox->landlock.abi, limits) < 0)
		return NULL;
	return text;
}
