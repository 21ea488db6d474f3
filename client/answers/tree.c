/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/mounts.h>

#include "errand.h"
#include "paths.h"
#include "reach.h"

/* Deeper than any package's tree; directories are held open on the way down. */
#define DEPTH_MAX 64

DEFINE_CLEANUP(struct errand *, errand_free);

/* Who walks: this process, or an errand below a mount that may not answer, which tells. */
struct walker {
	struct paths *paths; /* NULL for an errand */
	struct reach *reach; /* NULL for an errand */
	int socket;	     /* of an errand */
};

/* What an errand tells: an errno, and a path. */
enum word {
	WORD_AT,      /* about to look into this directory */
	WORD_FOUND,   /* a library */
	WORD_TROUBLE, /* this cannot be looked into */
	WORD_END,     /* all was seen */
};

struct message {
	enum word word;
	int error;
	char path[ERRAND_MESSAGE_MAX - 2 * sizeof(int)];
};

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
	fprintf(stderr, "tsuku-dltest: %s: %s, left out\n", path,
		error == ETIMEDOUT ? "the file system does not answer" : strerror(error));
	paths->incomplete = true;
}

static void tell(const struct walker *walker, enum word word, const char *path, int error) {
	struct message message = {.word = word, .error = error};
	size_t length = strlen(path);

	/* No file system has one so long. */
	if (length >= sizeof(message.path))
		return;
	memcpy(message.path, path, length + 1);
	errand_say(walker->socket, &message, offsetof(struct message, path) + length + 1, -1);
}

static void tell_of_trouble(const struct walker *walker, const char *path, int error) {
	if (walker->paths)
		leave_out(walker->paths, path, error);
	else
		tell(walker, WORD_TROUBLE, path, error);
}

/* Takes over 'path'. */
static int found(const struct walker *walker, char *path) {
	if (walker->paths)
		return paths_take(walker->paths, path);
	tell(walker, WORD_FOUND, path, 0);
	free(path);
	return 0;
}

static int walk(
	const struct walker *walker, int parent, const char *name, const char *path, int depth);
static int send_to_walk(const struct walker *walker, const char *path, int depth);

/* Opens a name of a directory, without following it but at the top. Returns a descriptor or -errno,
 * -EREMOTE for what is left to an errand. */
static int open_below(
	const struct walker *walker, int parent, const char *name, int flags, int depth) {
	if (walker->reach) {
		struct dltest_mounts *mounts = reach_mounts(walker->reach);
		return depth == 0 ? dltest_mounts_open(mounts, name, flags, NULL)
				  : dltest_mounts_open_at(mounts, parent, name, flags, NULL);
	}
	int fd = openat(parent, name, flags | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
	return fd < 0 ? -errno : fd;
}

/* As readdir(3) has it, of file systems that do not say. Returns the type or -errno. */
static int find_type(const struct walker *walker, int dir, const char *name, int depth) {
	struct stat status;
	cleanup_fd int fd = open_below(walker, dir, name, O_PATH, depth + 1);

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_LNK;
}

static int visit(const struct walker *walker, int dir, const struct dirent *entry, const char *path,
	int depth) {
	cleanup_free char *below = NULL;
	const char *name = entry->d_name;
	int type = entry->d_type;

	if (is_left_out(name, depth))
		return 0;
	if (asprintf(&below, "%s/%s", path, name) < 0) {
		below = NULL;
		return -ENOMEM;
	}
	if (type == DT_UNKNOWN)
		type = find_type(walker, dir, name, depth);
	if (type < 0 && type != -EREMOTE)
		tell_of_trouble(walker, below, -type);
	if (type == -EREMOTE)
		return send_to_walk(walker, below, depth + 1);
	if (type == DT_DIR && depth < DEPTH_MAX)
		return walk(walker, dir, name, below, depth + 1);
	if (type == DT_REG && is_library_name(name))
		return found(walker, steal_ptr(&below));
	return 0;
}

/* By descriptors, not by fts(3) or nftw(3): a directory that is exchanged meanwhile, as tsuku does
 * when it reinstalls, cannot lead the walk elsewhere. */
static int walk(
	const struct walker *walker, int parent, const char *name, const char *path, int depth) {
	if (!walker->paths)
		tell(walker, WORD_AT, path, 0);
	int fd = open_below(walker, parent, name, O_RDONLY | O_DIRECTORY, depth), r = 0;
	if (fd == -EREMOTE && walker->reach)
		return send_to_walk(walker, path, depth);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		tell_of_trouble(walker, path, fd < 0 ? -fd : errno);
		fd_close(fd);
		return 0;
	}
	while (r == 0 && (entry = readdir(dir)))
		r = visit(walker, fd, entry, path, depth);
	return r;
}

struct part {
	const char *path;
	int depth;
};

static void walk_part(int socket, const void *context) {
	const struct walker walker = {.socket = socket};
	const struct part *part = context;

	int r = walk(&walker, AT_FDCWD, part->path, part->path, part->depth);
	tell(&walker, WORD_END, part->path, -r);
}

/* Takes in what the errand tells. Returns 0 or -errno, -ETIMEDOUT if it fell silent at *ret_at. */
static int take_part(const struct walker *walker, struct errand *errand, struct message *ret_at) {
	struct message message;

	for (;;) {
		ssize_t length = errand_receive(
			errand, reach_patience_ms(walker->reach), &message, sizeof(message), NULL);
		int r = 0;

		if (length <= 0)
			return length < 0 ? (int)length : -EIO;
		if (message.word == WORD_END)
			return -message.error;
		if (message.word == WORD_AT)
			*ret_at = message;
		else if (message.word == WORD_FOUND)
			r = paths_add(walker->paths, message.path);
		else
			leave_out(walker->paths, message.path, message.error);
		if (r < 0)
			return r;
	}
}

/* Has an errand walk below 'path', which is on a mount that may not answer. What it has found until
 * it falls silent is taken. */
static int send_to_walk(const struct walker *walker, const char *path, int depth) {
	CLEANUP(errand_free_p) struct errand *errand = NULL;
	const struct part part = {path, depth};
	struct message at = {0};

	if (reach_is_dead(walker->reach, path)) {
		leave_out(walker->paths, path, ETIMEDOUT);
		return 0;
	}
	snprintf(at.path, sizeof(at.path), "%s", path);
	int r = errand_start(walk_part, &part, &errand);
	if (r == 0)
		r = take_part(walker, errand, &at);
	if (r == -ETIMEDOUT)
		reach_give_up(walker->reach, path);
	if (r < 0 && r != -ENOMEM)
		leave_out(walker->paths, at.path, -r);
	return r == -ENOMEM ? r : 0;
}

static int compare(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int tree_add(struct paths *paths, const char *libs, struct reach *reach) {
	const struct walker walker = {.paths = paths, .reach = reach, .socket = -1};
	size_t before = paths->count;

	int r = walk(&walker, AT_FDCWD, libs, libs, 0);
	if (paths->count > before)
		qsort(paths->items + before, paths->count - before, sizeof(*paths->items), compare);
	return r;
}
