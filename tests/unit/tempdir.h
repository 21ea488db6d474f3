/* SPDX-License-Identifier: MIT */
#pragma once

/* A directory of a test's own, what tests make in it, and how files look that somebody changed. */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char tempdir[64];

static inline void tempdir_make(void) {
	snprintf(tempdir, sizeof(tempdir), "/tmp/dlt-unit-XXXXXX");
	cr_assert_not_null(mkdtemp(tempdir));
}

static inline void tempdir_remove(void) {
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", tempdir);
	cr_assert_eq(system(command), 0);
}

/* A path below it; valid until the eighth call from now. */
__attribute__((format(printf, 1, 2))) static inline const char *below(const char *pattern, ...) {
	static char paths[8][512];
	static unsigned next;
	char *path = paths[next++ % 8];
	va_list arguments;

	int length = snprintf(path, sizeof(paths[0]), "%s/", tempdir);
	va_start(arguments, pattern);
	vsnprintf(path + length, sizeof(paths[0]) - (size_t)length, pattern, arguments);
	va_end(arguments);
	return path;
}

/* Makes a directory below it, with those above that are not there yet; its path, as of below(). */
static inline const char *make_dir(const char *name) {
	const char *path = below("%s", name);

	for (const char *end = strchr(name, '/'); end; end = strchr(end + 1, '/')) {
		char above[512];

		snprintf(above, sizeof(above), "%s/%.*s", tempdir, (int)(end - name), name);
		mkdir(above, 0755);
	}
	cr_assert_eq(mkdir(path, 0755), 0, "%s", path);
	return path;
}

static inline void write_file(const char *path, const char *text) {
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	cr_assert_eq(fclose(file), 0);
}

/* Waits longer than the tick by which file systems stamp, so that what changes now looks changed.
 */
static inline void outlast_tick(void) {
	usleep(20000);
}

/* Gives a file, or a symlink itself, times of long ago, as whoever hides a change does. */
static inline void set_old_times(const char *path) {
	const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

	cr_assert_eq(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}
