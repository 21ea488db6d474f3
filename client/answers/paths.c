/* SPDX-License-Identifier: MIT */
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "reach.h"

char *paths_absolute(const char *path) {
	char *absolute = NULL;

	if (path[0] == '/')
		return strdup(path);
	cleanup_free char *cwd = getcwd(NULL, 0);
	if (!cwd || asprintf(&absolute, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, path) < 0)
		return NULL;
	return absolute;
}

void paths_fini(struct paths *paths) {
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i].text);
	free(paths->items);
	*paths = (struct paths){0};
}

int paths_take(struct paths *paths, char *path, enum path_kind kind) {
	if (!path)
		return -ENOMEM;
	/* Grows at 0, 1, 2, 4, 8 …: whenever the count is a power of two. */
	if ((paths->count & (paths->count - 1)) == 0) {
		size_t capacity = paths->count ? paths->count * 2 : 1;
		struct path *items = reallocarray(paths->items, capacity, sizeof(*items));

		if (!items) {
			free(path);
			return -ENOMEM;
		}
		paths->items = items;
	}
	paths->items[paths->count++] = (struct path){path, kind};
	return 0;
}

int paths_add(struct paths *paths, const char *path) {
	return paths_take(paths, strdup(path), PATH_NAMED);
}

/* Takes the paths of a list. Returns as paths_add_from(). */
static int take_list(struct paths *paths, FILE *stream, char separator) {
	cleanup_free char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	int r = 0;

	errno = 0;
	while (r == 0 && (length = getdelim(&line, &capacity, separator, stream)) > 0) {
		if (line[length - 1] == separator)
			line[--length] = '\0';
		/* What is behind a NUL would be lost without a word. */
		if (strlen(line) != (size_t)length)
			r = -EBADMSG;
		else if (length > 0)
			r = paths_add(paths, line);
	}
	if (r == 0 && ferror(stream))
		r = errno ? -errno : -EIO;
	return r;
}

/* A list that may be where nobody answers. */
static int add_uncertain(
	struct paths *paths, const char *path, char separator, struct reach *reach) {
	cleanup_free char *bytes = NULL;
	size_t length;

	int r = reach_read(reach, path, &bytes, &length);
	/* No stream is made of nothing. */
	if (r < 0 || length == 0)
		return r;
	cleanup_file FILE *stream = fmemopen(bytes, length, "r");
	return stream ? take_list(paths, stream, separator) : -errno;
}

int paths_add_from(struct paths *paths, const char *file, char separator, struct reach *reach) {
	if (strcmp(file, "-") == 0)
		return take_list(paths, stdin, separator);
	cleanup_free char *path = paths_absolute(file);
	if (path && !reach_is_certain(reach, path))
		return add_uncertain(paths, path, separator, reach);
	cleanup_file FILE *stream = fopen(file, "re");
	return stream ? take_list(paths, stream, separator) : -errno;
}
