/* SPDX-License-Identifier: MIT */
#include "lookup.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <dltest/cleanup.h>

/* Puts 'found' in the place of *best, or frees it. Directories give their names in any order. */
static void take_first_by_name(char **best, char *found) {
	if (*best && strcmp(found, *best) >= 0) {
		free(found);
		return;
	}
	free(*best);
	*best = found;
}

static void take_last_by_name(char **best, char *found) {
	if (*best && strcmp(found, *best) <= 0) {
		free(found);
		return;
	}
	free(*best);
	*best = found;
}

const char *lookup_name(const char *path) {
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

char *lookup_parent(const char *path) {
	const char *slash = strrchr(path, '/');

	if (!slash)
		return NULL;
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static bool has(const char *directory, const char *name) {
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return false;
	}
	return access(path, F_OK) == 0;
}

/* The directory 'above'/<any>'behind' that has 'name': of several the last one by name, which of
 * two versions often is the newer one. */
static char *find_below(const char *above, const char *behind, const char *name) {
	cleanup_free char *best = NULL;
	cleanup_dir DIR *directory = opendir(above);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char *found;

		if (entry->d_name[0] == '.' || entry->d_type == DT_REG ||
			asprintf(&found, "%s/%s%s", above, entry->d_name, behind) < 0)
			continue;
		if (has(found, name))
			take_last_by_name(&best, found);
		else
			free(found);
	}
	return steal_ptr(&best);
}

char *lookup_near(const char *path, const char *home, const char *name) {
	static const char *const behind[] = {"/lib", "/lib64", ""};
	cleanup_free char *own = lookup_parent(path);
	cleanup_free char *above = own ? lookup_parent(own) : NULL;
	cleanup_free char *libs = NULL;
	char *found = NULL;

	if (!*name || strchr(name, '/'))
		return NULL;
	if (own && has(own, name))
		return steal_ptr(&own);
	if (above && has(above, name))
		return steal_ptr(&above);
	if (own)
		found = find_below(own, "", name);
	if (!home || asprintf(&libs, "%s/libs", home) < 0)
		libs = NULL;
	for (size_t i = 0; libs && !found && i < sizeof(behind) / sizeof(*behind); i++)
		found = find_below(libs, behind[i], name);
	return found;
}

static char *find_version(const char *above, const char *name) {
	cleanup_free char *best = NULL;
	cleanup_dir DIR *directory = opendir(above);
	size_t length = strlen(name);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char *found;

		if (strncmp(entry->d_name, name, length) == 0 &&
			(entry->d_name[length] == '\0' || entry->d_name[length] == '.') &&
			asprintf(&found, "%s/%s", above, entry->d_name) >= 0)
			take_first_by_name(&best, found);
	}
	return steal_ptr(&best);
}

char *lookup_in_system(const char *name) {
	char multiarch[160];
	const char *const places[] = {
		multiarch, "/usr/lib64", "/usr/lib", "/lib64", "/lib", "/usr/local/lib"};
	struct utsname system;
	char *found = NULL;

	if (!*name || strchr(name, '/'))
		return NULL;
	snprintf(multiarch, sizeof(multiarch), "/usr/lib/%s-linux-gnu",
		uname(&system) == 0 ? system.machine : "");
	for (size_t i = 0; !found && i < sizeof(places) / sizeof(*places); i++)
		found = find_version(places[i], name);
	return found;
}
