/* SPDX-License-Identifier: MIT */
#include "unreadable.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "facts.h"
#include "loadenv.h"
#include "sight.h"
#include "tracetext.h"
#include "verdict.h"

/* Files that are looked at: nobody is answered meanwhile. A library has some ten directories
 * searched. */
#define LOOKS_MAX 512

static bool is_below(const char *path, const char *dir) {
	size_t length = strlen(dir);

	return strcmp(dir, "/") == 0 || (strncmp(path, dir, length) == 0 && path[length] == '/');
}

/* Whether loads in 'env' may read the file with the resolved path 'real', as far as that is up to
 * us. */
static bool is_allowed(const struct loadenv *env, const char *real) {
	for (size_t i = 0; i < env->roots.count; i++) {
		if (is_below(real, env->roots.items[i]))
			return true;
	}
	for (size_t i = 0; i < env->rules_count; i++) {
		cleanup_free char *rule =
			env->rules[i].is_dir ? sight_real(env->rules[i].path) : NULL;

		if (rule && is_below(real, rule))
			return true;
	}
	return false;
}

/* Whether the file's permissions are not the matter. Root has no privilege where libraries are
 * loaded. */
static bool is_readable(const struct stat *status) {
	mode_t right = status->st_uid == geteuid()   ? S_IRUSR
		       : status->st_gid == getegid() ? S_IRGRP
						     : S_IROTH;

	return S_ISREG(status->st_mode) && (status->st_mode & right);
}

/* True if 'name' is in the directory and may not be read there; 'look' is about it then. */
static bool is_forbidden(
	const struct loadenv *env, const char *directory, const char *name, struct look *look) {
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return false;
	}
	return sight_look(NULL, path, look) == 0 && is_readable(&look->status) &&
	       !is_allowed(env, look->real);
}

/* Cuts the name off the path without symlinks, so that the directory is left. */
static void tell(struct verdict *verdict, const char *directory, const char *name, char *real) {
	cleanup_free char *text = NULL;
	char *slash = strrchr(real, '/');

	slash[slash == real] = '\0';
	if (asprintf(&text, "%s/%s " UNREADABLE_WORDS "%s", directory, name, real) < 0) {
		text = NULL;
		return;
	}
	cleanup_free char *fit = tracetext_fit(text, strlen(text));
	if (fit)
		(void)verdict_add_remark(verdict, "%s", fit);
}

void unreadable_name(struct verdict *verdict, const struct loadenv *env) {
	size_t looks = 0;
	struct look look;

	if (verdict->reason != DLTEST_REASON_MISSING_DEPENDENCY || !verdict->error ||
		strstr(verdict->error, UNREADABLE_WORDS))
		return;
	for (size_t i = 0; i < verdict->missing.count; i++) {
		const char *name = verdict->missing.items[i], *directory = NULL;

		if (strchr(name, '/'))
			continue;
		while ((directory =
				facts_next(&verdict->basis, DLTEST_FACT_DIRECTORY, directory))) {
			if (++looks > LOOKS_MAX)
				return;
			if (is_forbidden(env, directory, name, &look)) {
				tell(verdict, directory, name, look.real);
				return;
			}
		}
	}
}
