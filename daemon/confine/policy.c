/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/standing.h>

#include "sandbox.h"

/* Raised by whoever changes the rules (sysfilter.c, landlock.c, confine_*.c, notify.c), what a
 * verdict rests on, or how one is worked out: verdicts of the former policy are then ignored. */
#define POLICY_VERSION 10

static void put_standing(FILE *stream, const struct dltest_standing *standing) {
	size_t count;

	dltest_standing_limits(&count);
	fputs("\nlimits", stream);
	for (size_t i = 0; i < count; i++)
		fprintf(stream, " %llu", (unsigned long long)standing->limits[i]);
	fprintf(stream, "\nmdwe %u, securebits %u, filters %u, domains %u, capabilities %llu",
		standing->mdwe, standing->securebits, standing->filters, standing->domains,
		(unsigned long long)standing->capabilities);
	/* It could not be reset where a filter refuses that. */
	fprintf(stream, "\npersonality %d", personality(0xffffffff));
}

/* What files may be read. */
static int put_groups(FILE *stream) {
	int count = getgroups(0, NULL);
	cleanup_free gid_t *groups = calloc((size_t)count + 1, sizeof(*groups));

	if (!groups)
		return -ENOMEM;
	count = getgroups(count, groups);
	fprintf(stream, "\nuser %u, groups %u", (unsigned)geteuid(), (unsigned)getegid());
	for (int i = 0; i < count; i++)
		fprintf(stream, " %u", (unsigned)groups[i]);
	return 0;
}

char *policy_describe(const struct sandbox *sandbox, const struct dltest_standing *standing) {
	cleanup_free char *text = NULL;
	struct utsname system;
	size_t size;

	if (uname(&system) < 0)
		return NULL;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return NULL;
	fprintf(stream, "policy %d\n%s %s %s %s\nseccomp %d, notify %d, landlock %d",
		POLICY_VERSION, system.sysname, system.release, system.version, system.machine,
		sandbox->seccomp_error, sandbox->notify, sandbox->landlock.abi);
	put_standing(stream, standing);
	int r = put_groups(stream);
	if (fclose(stream) != 0 || r < 0)
		return NULL;
	return steal_ptr(&text);
}
