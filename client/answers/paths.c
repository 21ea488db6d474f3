/* SPDX-License-Identifier: MIT */
#include "paths.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>

/* Deeper than any package's tree; directories are held open on the way down. */
#define DEPTH_MAX 64

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
		free(paths->items[i]);
	free(paths->items);
	*paths = (struct paths){0};
}

static int take(struct paths *paths, char *path) {
	if (!path)
		return -ENOMEM;
	/* Grows at 0, 1, 2, 4, 8 …: whenever the count is a power of two. */
	if ((paths->count & (paths->count - 1)) == 0) {
		size_t capacity = paths->count ? paths->count * 2 : 1;
		char **items = reallocarray(paths->items, capacity, sizeof(*items));

		if (!items) {
			free(path);
			return -ENOMEM;
		}
		paths->items = items;
	}
	paths->items[paths->count++] = path;
	return 0;
}

int paths_add(struct paths *paths, const char *path) {
	return take(paths, strdup(path));
}

int paths_add_from(struct paths *paths, const char *file, char separator) {
	bool is_stdin = strcmp(file, "-") == 0;
	cleanup_file FILE *opened = is_stdin ? NULL : fopen(file, "re");
	FILE *stream = is_stdin ? stdin : opened;
	cleanup_free char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	int r = 0;

	if (!stream)
		return -errno;
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

/* name.so, name.so.1, name.so.1.2.3, name.so.1.1.1k, name.dylib */
static bool is_library_name(const char *name) {
	size_t length = strlen(name);
	const char *so = name;

	if (length > 6 && strcmp(name + length - 6, ".dylib") == 0)
		return true;
	while ((so = strstr(so, ".so"))) {
		so += 3;
		if (*so == '\0')
			return true;
		const char *rest = so;
		while (rest[0] == '.' && isdigit((unsigned char)rest[1])) {
			rest++;
			rest += strspn(rest, "0123456789");
		}
		if (rest > so && islower((unsigned char)*rest))
			rest++;
		if (*rest == '\0' && rest > so)
			return true;
	}
	return false;
}

static bool is_left_out(const char *name, int depth) {
	size_t length = strlen(name);

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return true;
	if (depth == 0 && name[0] == '.')
		return true;
	return (length >= 5 && strcmp(name + length - 5, ".dSYM") == 0) ||
	       (length >= 6 && strcmp(name + length - 6, ".debug") == 0);
}

/* What cannot be looked into may have libraries, whose results are missing then. */
static void leave_out(struct paths *paths, const char *path, int error) {
	/* Gone meanwhile, as when tsuku reinstalls. */
	if (error == ENOENT)
		return;
	fprintf(stderr, "tsuku-dltest: %s: %s, left out\n", path, strerror(error));
	paths->incomplete = true;
}

static int walk(struct paths *paths, int parent, const char *name, const char *path, int depth);

static int visit(struct paths *paths, int dir, const char *name, const char *path, int depth) {
	cleanup_free char *below = NULL;
	struct stat status;

	if (is_left_out(name, depth))
		return 0;
	if (asprintf(&below, "%s/%s", path, name) < 0) {
		below = NULL;
		return -ENOMEM;
	}
	if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
		leave_out(paths, below, errno);
		return 0;
	}
	if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX)
		return walk(paths, dir, name, below, depth + 1);
	if (S_ISREG(status.st_mode) && is_library_name(name))
		return take(paths, steal_ptr(&below));
	return 0;
}

/* By descriptors, not by fts(3) or nftw(3): a directory that is exchanged meanwhile, as tsuku does
 * when it reinstalls, cannot lead the walk elsewhere. */
static int walk(struct paths *paths, int parent, const char *name, const char *path, int depth) {
	int nofollow = depth > 0 ? O_NOFOLLOW : 0, r = 0;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | nofollow);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		leave_out(paths, path, errno);
		fd_close(fd);
		return 0;
	}
	while (r == 0 && (entry = readdir(dir)))
		r = visit(paths, fd, entry->d_name, path, depth);
	return r;
}

static int compare(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int paths_add_tree(struct paths *paths, const char *libs) {
	size_t before = paths->count;

	int r = walk(paths, AT_FDCWD, libs, libs, 0);
	if (paths->count > before)
		qsort(paths->items + before, paths->count - before, sizeof(*paths->items), compare);
	return r;
}
