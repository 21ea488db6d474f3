/* SPDX-License-Identifier: MIT */
#include "hostpackage.h"

#include <dirent.h>
#include <dltest/cleanup.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool ends_with(const char *text, const char *end) {
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Those are installed side by side, and nothing else is. */
static bool is_for_packages(const char *path) {
	return ends_with(path, "/site-packages") || ends_with(path, "/dist-packages");
}

static int has_init(const char *path, struct strv *searched, bool *ret_has) {
	struct stat status;
	char *file;

	if (asprintf(&file, "%s/__init__.py", path) < 0)
		return -ENOMEM;
	*ret_has = stat(file, &status) == 0;
	return strv_take(searched, file);
}

/* "NAME.libs" beside the record of a wheel has the libraries that were packed into it. */
static int is_of_wheel(const char *path, struct strv *searched, bool *ret_is) {
	const char *slash = strrchr(path, '/');
	struct dirent *entry;

	if (!ends_with(path, ".libs") || slash == path)
		return 0;
	cleanup_free char *above = strndup(path, (size_t)(slash - path));
	if (!above)
		return -ENOMEM;
	cleanup_dir DIR *stream = opendir(above);
	while (stream && !*ret_is && (entry = readdir(stream)))
		*ret_is = ends_with(entry->d_name, ".dist-info");
	return strv_add_once(searched, above);
}

static bool is_of_system(const struct hostquery *query, const char *path) {
	for (size_t i = 0; i < query->libraries->count; i++) {
		if (strcmp(query->libraries->items[i], path) == 0)
			return true;
	}
	return false;
}

bool hostpackage_has(const struct hostquery *query, struct strv *searched, int *ret_error) {
	cleanup_free char *path = strdup(query->plugin);
	bool has = false;
	int r = path ? 0 : -ENOMEM;

	for (size_t i = 0; i < query->package_depth && r == 0 && !has; i++) {
		char *slash = strrchr(path, '/');

		if (!slash || slash == path)
			break;
		*slash = '\0';
		if (is_of_system(query, path))
			break;
		has = is_for_packages(path);
		if (!has)
			r = has_init(path, searched, &has);
		if (r == 0 && !has)
			r = is_of_wheel(path, searched, &has);
	}
	*ret_error = r;
	return r == 0 && has;
}
