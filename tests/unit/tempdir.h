/* SPDX-License-Identifier: MIT */
#pragma once

/* A directory of a test's own. */

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

static inline const char *make_dir(const char *name) {
	const char *path = below("%s", name);

	cr_assert_eq(mkdir(path, 0755), 0, "%s", path);
	return path;
}

static inline void write_file(const char *path, const char *text) {
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	cr_assert_eq(fclose(file), 0);
}
