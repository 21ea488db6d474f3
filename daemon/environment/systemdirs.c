/* SPDX-License-Identifier: MIT */
#include "systemdirs.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <dltest/cleanup.h>

#include "scarce.h"
#include "sight.h"

/* include lines that include one another would go on for ever. */
#define INCLUDE_DEPTH_MAX 8

int systemdirs_add_resolved(struct strv *dirs, const char *path, struct sight *sight) {
	struct look look;

	int r = sight_look(sight, path, &look);
	if (r < 0)
		return scarce_is_meant_by(-r) ? r : 0;
	if (!S_ISDIR(look.status.st_mode) || strcmp(look.real, "/") == 0)
		return 0;
	return strv_add_once(dirs, look.real);
}

/* A configuration that is being read. */
struct reading {
	struct strv *dirs;
	struct sight *sight;
};

static int read_conf(const struct reading *reading, const char *path, int depth);

/* What cannot be read for such a reason is there all the same. */
static int stop_for_want(const char *path, int error) {
	(void)path;
	return scarce_is_meant_by(error);
}

static int read_included(
	const struct reading *reading, const char *conf, const char *pattern, int depth) {
	cleanup_free char *full = NULL;
	const char *slash = strrchr(conf, '/');
	glob_t found;
	int r = 0;

	/* A relative pattern is relative to the file it stands in (ldconfig(8)). */
	if (pattern[0] != '/' && slash) {
		if (asprintf(&full, "%.*s/%s", (int)(slash - conf), conf, pattern) < 0)
			return -ENOMEM;
		pattern = full;
	}
	errno = 0;
	int g = glob(pattern, 0, stop_for_want, &found);
	if (g == GLOB_ABORTED)
		return -errno;
	if (g != 0)
		return g == GLOB_NOSPACE ? -ENOMEM : 0;
	for (size_t i = 0; i < found.gl_pathc && r == 0; i++)
		r = read_conf(reading, found.gl_pathv[i], depth + 1);
	globfree(&found);
	return r;
}

static char *trim(char *line) {
	line[strcspn(line, "#\n")] = '\0';
	while (isspace((unsigned char)*line))
		line++;
	for (size_t length = strlen(line); length > 0 && isspace((unsigned char)line[length - 1]);)
		line[--length] = '\0';
	return line;
}

static int read_conf(const struct reading *reading, const char *path, int depth) {
	cleanup_free char *buffer = NULL;
	size_t capacity = 0;
	int r = 0;

	if (depth > INCLUDE_DEPTH_MAX)
		return 0;
	cleanup_fd int fd = sight_open_to_read(path, 0);
	if (fd < 0)
		return scarce_is_meant_by(-fd) ? fd : 0;
	cleanup_file FILE *file = fdopen(fd, "r");
	if (!file)
		return -errno;
	(void)steal_fd(&fd);
	while (r == 0 && getline(&buffer, &capacity, file) >= 0) {
		char *line = trim(buffer);

		if (strncmp(line, "include", 7) == 0 && isspace((unsigned char)line[7]))
			r = read_included(reading, path, trim(line + 7), depth);
		else if (line[0] == '/')
			r = systemdirs_add_resolved(reading->dirs, line, reading->sight);
	}
	return r;
}

int systemdirs_list(struct strv *dirs, const char *conf, struct sight *sight) {
	const struct reading reading = {dirs, sight};
	static const char *const known[] = {
		"/lib",
		"/lib32",
		"/lib64",
		"/libx32",
		"/usr/lib",
		"/usr/lib32",
		"/usr/lib64",
		"/usr/libx32",
		"/usr/local/lib",
		"/nix/store",
		"/gnu/store",
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && r == 0; i++)
		r = systemdirs_add_resolved(dirs, known[i], sight);
	return r ? r : read_conf(&reading, conf, 0);
}
