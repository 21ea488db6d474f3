/* SPDX-License-Identifier: MIT */
#include "libcs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/utf8.h>

#include "job.h"
#include "loaders.h"
#include "request.h"
#include "verdict.h"

const struct loader *libcs_choose(struct loaders *loaders, const struct request *request) {
	enum loaders_libc libc;

	if (request->libc && loaders_find_libc(request->libc, &libc))
		return loaders_for(loaders, libc);
	return loaders->own;
}

/* What is said of it only where it is not: the name of musl, among what is missing. The library
 * itself need not say whose it is, if one that it needs does. */
static bool wants_musl(const struct verdict *verdict) {
	for (size_t i = 0; i < verdict->missing.count; i++) {
		const char *slash = strrchr(verdict->missing.items[i], '/');
		const char *name = slash ? slash + 1 : verdict->missing.items[i];

		if (strcmp(name, "libc.so") == 0 || strncmp(name, "libc.musl-", 10) == 0)
			return true;
	}
	return false;
}

/* Whether the verdict is about the library itself, and not about what is to be loaded before it. */
static bool is_about(const struct verdict *verdict, const char *path) {
	size_t length = strlen(path);

	return verdict->error && strncmp(verdict->error, path, length) == 0 &&
	       verdict->error[length] == ':';
}

/* Finds the C library that 'verdict' says the library of 'job' is for. Returns whether it says so
 * of the library itself, and not of what is to be loaded before it. */
static bool tells_libc(
	const struct verdict *verdict, const char *path, enum loaders_libc *ret_libc) {
	if (verdict->reason == DLTEST_REASON_MISSING_DEPENDENCY && wants_musl(verdict)) {
		*ret_libc = LOADERS_MUSL;
		return true;
	}
	return verdict->reason == DLTEST_REASON_WRONG_PLATFORM && verdict->platform &&
	       loaders_find_libc(verdict->platform, ret_libc) && is_about(verdict, path);
}

/* What the loader cannot know: whether this machine has another C library. */
static void say_why_not(struct loaders *loaders, enum loaders_libc libc, const char *path,
	struct verdict *verdict) {
	const char *why = loaders->of[libc].program ? "which this machine does not have"
						    : "and there is no loader for that here";
	char *error;

	if (asprintf(&error, "%s: is for %s, %s", path, loaders_libc_name(libc), why) < 0)
		return;
	free(verdict->error);
	verdict->error = error;
	/* What a machine has can be installed. */
	verdict_lower(verdict, VERDICT_WORTH_NEVER);
}

const struct loader *libcs_find_other(
	struct loaders *loaders, const struct job *job, struct verdict *verdict) {
	cleanup_free char *path = NULL;
	enum loaders_libc libc;

	if (!job->is_first || job->libc != JOB_ASKED || job->question.request->libc)
		return NULL;
	path = dltest_utf8_repair(job->question.path, strlen(job->question.path));
	if (!path || !tells_libc(verdict, path, &libc))
		return NULL;
	const struct loader *other = loaders_for(loaders, libc);
	if (!other && verdict->reason == DLTEST_REASON_WRONG_PLATFORM)
		say_why_not(loaders, libc, path, verdict);
	return other;
}

bool libcs_is_refused(const struct job *job, const struct verdict *verdict) {
	return job->libc == JOB_MOVED_FOR_NEED && job->is_first &&
	       verdict->reason == DLTEST_REASON_WRONG_PLATFORM;
}
