/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <dltest/cleanup.h>
#include <dltest/mounts.h>

/* Users do not have them in their PATH. */
static const char service_dirs[] = "/usr/local/sbin:/usr/sbin:/sbin";

static bool is_program(struct dltest_mounts *mounts, const char *path) {
	cleanup_fd int fd = dltest_mounts_open(mounts, path, O_PATH, NULL);
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       (status.st_mode & 0111) != 0;
}

/* What is relative would be another program elsewhere. */
static char *find_in(struct dltest_mounts *mounts, const char *dirs, const char *name) {
	for (;;) {
		size_t length = strcspn(dirs, ":");
		char *path;

		if (length > 0 && dirs[0] == '/') {
			if (asprintf(&path, "%.*s/%s", (int)length, dirs, name) < 0)
				return NULL;
			if (is_program(mounts, path))
				return path;
			free(path);
		}
		if (dirs[length] == '\0')
			return NULL;
		dirs += length + 1;
	}
}

char *program_find(const char *name) {
	const char *path = getenv("PATH");
	struct dltest_mounts *mounts = dltest_mounts_new();
	char *found = mounts && path ? find_in(mounts, path, name) : NULL;

	if (mounts && !found)
		found = find_in(mounts, service_dirs, name);
	dltest_mounts_free(mounts);
	return found;
}
