/* SPDX-License-Identifier: MIT */
#include "hostexpand.h"

#include <dirent.h>
#include <dltest/cleanup.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Directories that are looked at for one pattern: as many tools as somebody may have. */
#define PLACES_MAX 256

static int compare_versions(const void *one, const void *other) {
	const char *const *a = one, *const *b = other;

	return strverscmp(*b, *a);
}

/* The directory 'name' in 'above', which is "" for '/'; NULL if out of memory. */
static char *join(const char *above, const char *name) {
	char *path;

	return asprintf(&path, "%s/%s", above, name) < 0 ? NULL : path;
}

static int add_if_dir(const char *above, const char *name, struct strv *places) {
	cleanup_free char *path = join(above, name);
	struct stat status;

	if (!path)
		return -ENOMEM;
	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
		return 0;
	return strv_take(places, steal_ptr(&path));
}

/* The directories in 'above' that the pattern is for. They are few and seldom many: read anew. */
static int add_matches(const char *above, const char *pattern, struct strv *places) {
	cleanup_strv struct strv found = {0};
	cleanup_dir DIR *stream = opendir(above);
	struct dirent *entry;
	int r = 0;

	while (r == 0 && stream && (entry = readdir(stream)) && found.count < PLACES_MAX) {
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) == 0)
			r = strv_add(&found, entry->d_name);
	}
	if (found.count > 0)
		qsort(found.items, found.count, sizeof(found.items[0]), compare_versions);
	for (size_t i = 0; i < found.count && r == 0 && places->count < PLACES_MAX; i++)
		r = add_if_dir(above, found.items[i], places);
	return r;
}

/* Goes one part of the pattern further. */
static int go_on(
	const char *part, const struct strv *above, struct strv *searched, struct strv *places) {
	bool is_pattern = strpbrk(part, "*?[") != NULL;
	int r = 0;

	for (size_t i = 0; i < above->count && r == 0; i++) {
		if (!is_pattern) {
			r = strv_take(places, join(above->items[i], part));
			continue;
		}
		r = strv_add_once(searched, above->items[i]);
		if (r == 0)
			r = add_matches(above->items[i], part, places);
	}
	return r;
}

int hostindex_expand(
	struct hostindex *index, const char *pattern, struct strv *places, struct strv *searched) {
	cleanup_strv struct strv now = {0};
	cleanup_free char *copy = strdup(pattern);
	char *rest;

	int r = copy ? strv_add(&now, "") : -ENOMEM;
	for (char *part = copy ? strtok_r(copy, "/", &rest) : NULL; part && r == 0;
		part = strtok_r(NULL, "/", &rest)) {
		struct strv next = {0};

		if (hostindex_is_over(index))
			return 0;
		r = go_on(part, &now, searched, &next);
		strv_fini(&now);
		now = next;
	}
	for (size_t i = 0; i < now.count && r == 0; i++) {
		r = strv_add_once(searched, now.items[i]);
		if (r == 0)
			r = strv_add_once(places, now.items[i]);
	}
	return r;
}
