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

#include "deadline.h"
#include "errand.h"
#include "form.h"
#include "paths.h"
#include "reach.h"

/* Deeper than any package's tree; directories are held open on the way down. */
#define DEPTH_MAX 64

DEFINE_CLEANUP(struct errand *, errand_free);

/* Who walks: this process, or an errand below a mount that may not answer, which tells. */
struct walker {
	const struct tree *tree; /* NULL for an errand */
	struct paths *paths;	 /* NULL for an errand */
	size_t looked_at;	 /* files, those of errands too */
	int socket;		 /* of an errand */
};

/* What an errand tells of a path. */
enum word {
	WORD_AT,      /* about to look into this directory or file */
	WORD_FOUND,   /* to be asked about */
	WORD_TROUBLE, /* this cannot be looked into */
	WORD_END,     /* all was seen */
};

struct news {
	enum word word;
	int error; /* an errno */
	enum path_kind kind;
};

struct message {
	struct news news;
	char path[ERRAND_MESSAGE_MAX - sizeof(struct news)];
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
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return true;
	return depth == 0 && name[0] == '.';
}

static void prepare_to_complain(struct walker *walker) {
	if (walker->tree->on_complaint)
		walker->tree->on_complaint(walker->tree->context);
}

/* What cannot be looked into may have libraries, whose results are missing then. */
static void leave_out(struct walker *walker, const char *path, int error) {
	/* Gone meanwhile, as when tsuku reinstalls. */
	if (error == ENOENT)
		return;
	prepare_to_complain(walker);
	fprintf(stderr, "tsuku-dltest: %s: %s, left out\n", path,
		error == ETIMEDOUT ? "the file system does not answer" : strerror(error));
	walker->paths->incomplete = true;
}

static void tell(struct walker *walker, struct news news, const char *path) {
	/* Of which most is not sent, and there is one for each file. */
	struct message message;
	size_t length = strlen(path);

	/* No file system has one so long. */
	if (length >= sizeof(message.path))
		return;
	message.news = news;
	memcpy(message.path, path, length + 1);
	errand_say(walker->socket, &message, offsetof(struct message, path) + length + 1, -1);
}

static void tell_of_trouble(struct walker *walker, const char *path, int error) {
	if (walker->paths)
		leave_out(walker, path, error);
	else
		tell(walker, (struct news){.word = WORD_TROUBLE, .error = error}, path);
}

static void count(struct walker *walker) {
	walker->looked_at++;
	if (walker->tree->on_look)
		walker->tree->on_look(walker->tree->context, walker->looked_at);
}

static void about_to_look(struct walker *walker, const char *path) {
	if (walker->tree)
		count(walker);
	else
		tell(walker, (struct news){.word = WORD_AT}, path);
}

/* Takes over 'path'. */
static int found(struct walker *walker, char *path, enum path_kind kind) {
	if (walker->paths)
		return paths_take(walker->paths, path, kind);
	if (!path)
		return -ENOMEM;
	tell(walker, (struct news){.word = WORD_FOUND, .kind = kind}, path);
	free(path);
	return 0;
}

static int walk(struct walker *walker, int parent, const char *name, const char *path, int depth);
static int send_to_walk(struct walker *walker, const char *path, int depth);

/* Opens a name of a directory, without following it but at the top. Returns a descriptor or -errno,
 * -EREMOTE for what is left to an errand. */
static int open_below(struct walker *walker, int parent, const char *name, int flags, int depth) {
	if (walker->tree) {
		struct dltest_mounts *mounts = reach_mounts(walker->tree->reach);
		return depth == 0 ? dltest_mounts_open(mounts, name, flags, NULL)
				  : dltest_mounts_open_at(mounts, parent, name, flags, NULL);
	}
	int fd = openat(parent, name, flags | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
	return fd < 0 ? -errno : fd;
}

/* As readdir(3) has it, of file systems that do not say. Returns the type or -errno. */
static int find_type(struct walker *walker, int dir, const char *name, int depth) {
	struct stat status;
	cleanup_fd int fd = open_below(walker, dir, name, O_PATH, depth + 1);

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_LNK;
}

/* Returns 0, or -errno: that of something else than a regular file, which has come to lie there
 * since the directory was read, is -ENOENT. */
static int look_into(
	struct walker *walker, int dir, const char *name, int depth, enum form *ret_form) {
	/* What is not regular is not waited for, and becomes nobody's terminal. */
	cleanup_fd int fd = open_below(walker, dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, depth);
	struct stat status;

	if (fd < 0)
		return fd == -ELOOP || fd == -ENXIO ? -ENOENT : fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -ENOENT;
	int r = form_find(fd, ret_form);
	/* Of the many texts in a tree only few can be meant for a linker. */
	if (r == 0 && *ret_form == FORM_OTHER && is_library_name(name))
		r = form_find_of_text(fd, ret_form);
	return r;
}

/*
 * By its name alone no file is left out: plugins have whatever their host looks for, or none that
 * ends in anything. One that has the name of a library is asked about whatever is in it: what has
 * become of a library is to be told.
 */
static int visit_file(
	struct walker *walker, int dir, const char *name, const char *path, int depth) {
	bool is_named = is_library_name(name);
	enum form form = FORM_OTHER;

	about_to_look(walker, path);
	int r = look_into(walker, dir, name, depth, &form);
	if (r == -ENOENT)
		return 0;
	if (r == -EREMOTE && walker->tree)
		return send_to_walk(walker, path, depth);
	if (r < 0 && !is_named)
		tell_of_trouble(walker, path, -r);
	if (!is_named && form != FORM_LIBRARY)
		return 0;
	return found(walker, strdup(path), form == FORM_BESIDE ? PATH_BESIDE : PATH_FOUND);
}

/* Whether there is no time for more; an errand is left to itself then. */
static bool is_late(struct walker *walker) {
	return walker->tree && deadline_has_passed(walker->tree->deadline);
}

/* Returns 0, -ETIME if there is no time for more, or -ENOMEM. */
static int visit(
	struct walker *walker, int dir, const struct dirent *entry, const char *path, int depth) {
	cleanup_free char *below = NULL;
	const char *name = entry->d_name;
	int type = entry->d_type;

	if (is_left_out(name, depth))
		return 0;
	if (is_late(walker))
		return -ETIME;
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
	if (type == DT_DIR)
		tell_of_trouble(walker, below, ENAMETOOLONG);
	if (type == DT_REG)
		return visit_file(walker, dir, name, below, depth + 1);
	return 0;
}

/* By descriptors, not by fts(3) or nftw(3): a directory that is exchanged meanwhile, as tsuku does
 * when it reinstalls, cannot lead the walk elsewhere. */
static int walk(struct walker *walker, int parent, const char *name, const char *path, int depth) {
	about_to_look(walker, path);
	int fd = open_below(walker, parent, name, O_RDONLY | O_DIRECTORY, depth), r = 0;
	if (fd == -EREMOTE && walker->tree)
		return send_to_walk(walker, path, depth);
	/* A file that is a mount of its own, or was a directory before. */
	if (fd == -ENOTDIR && depth > 0)
		return visit_file(walker, parent, name, path, depth);
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
	struct walker walker = {.socket = socket};
	const struct part *part = context;

	int r = walk(&walker, AT_FDCWD, part->path, part->path, part->depth);
	tell(&walker, (struct news){.word = WORD_END, .error = -r}, part->path);
}

/* Takes in what the errand tells. Returns 0 or -errno, -ETIME as visit(), -ETIMEDOUT if it fell
 * silent at 'at', which has room for any path. */
static int take_part(struct walker *walker, struct errand *errand, char *at) {
	struct message message;

	for (;;) {
		ssize_t length = errand_receive(errand, reach_patience_ms(walker->tree->reach),
			&message, sizeof(message), NULL);
		int r = is_late(walker) ? -ETIME : 0;

		if (r < 0)
			return r;
		if (length <= 0)
			return length < 0 ? (int)length : -EIO;
		if (message.news.word == WORD_END)
			return -message.news.error;
		if (message.news.word == WORD_AT) {
			memcpy(at, message.path, strlen(message.path) + 1);
			count(walker);
		} else if (message.news.word == WORD_FOUND) {
			r = paths_take(walker->paths, strdup(message.path), message.news.kind);
		} else {
			leave_out(walker, message.path, message.news.error);
		}
		if (r < 0)
			return r;
	}
}

/* Has an errand walk below 'path', which is on a mount that may not answer. What it has found until
 * it falls silent is taken. */
static int send_to_walk(struct walker *walker, const char *path, int depth) {
	CLEANUP(errand_free_p) struct errand *errand = NULL;
	const struct part part = {path, depth};
	char at[ERRAND_MESSAGE_MAX];

	if (reach_is_dead(walker->tree->reach, path)) {
		leave_out(walker, path, ETIMEDOUT);
		return 0;
	}
	snprintf(at, sizeof(at), "%s", path);
	int r = errand_start(walk_part, &part, &errand);
	if (r == 0)
		r = take_part(walker, errand, at);
	if (r == -ETIMEDOUT)
		reach_give_up(walker->tree->reach, path);
	if (r == -ENOMEM || r == -ETIME)
		return r;
	if (r < 0)
		leave_out(walker, at, -r);
	return 0;
}

static int compare(const void *a, const void *b) {
	const struct path *first = a, *second = b;

	return strcmp(first->text, second->text);
}

int tree_add(struct paths *paths, const struct tree *tree) {
	struct walker walker = {.tree = tree, .paths = paths, .socket = -1};
	size_t before = paths->count;

	int r = walk(&walker, AT_FDCWD, tree->libs, tree->libs, 0);
	if (paths->count > before)
		qsort(paths->items + before, paths->count - before, sizeof(*paths->items), compare);
	if (r != -ETIME)
		return r;
	prepare_to_complain(&walker);
	fprintf(stderr, "tsuku-dltest: %s: not enough time to look at all of it\n", tree->libs);
	paths->incomplete = true;
	return 0;
}
