/* SPDX-License-Identifier: MIT */
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "footing.h"
#include "hashtable.h"
#include "sight.h"

/* Directories watched, and names kept of what happened in all of them; of more, all is forgotten.
 */
#define WATCHES_MAX 512
#define NAMES_MAX   4096
/* Reads at a time: the kernel keeps 16,384 events (inotify(7)), of which 100 and more are one. */
#define READS_MAX 256

/* What tells that a name leads to something else, or the directory somewhere else. */
#define NAME_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define SELF_EVENTS (IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)

/* Something of this name was made, removed or moved. */
struct name {
	UT_hash_handle hh;
	uint64_t round; /* in which that was read last */
	char text[];
};

struct watch {
	UT_hash_handle hh; /* witness.by_path */
	char *path;	   /* by which it was found */
	int number;	   /* the kernel's */
	uint64_t dev, ino;
	uint64_t since; /* the round in which it began, or in which the directory itself changed */
	struct name *names;
};

struct witness {
	int fd;
	struct watch *by_path;
	size_t names_count;
};

static void forget_names(struct witness *witness, struct watch *watch) {
	struct name *name, *next;

	HASH_ITER (hh, watch->names, name, next) {
		HASH_DEL(watch->names, name);
		free(name);
		witness->names_count--;
	}
}

static void free_watch(struct witness *witness, struct watch *watch) {
	HASH_DEL(witness->by_path, watch);
	forget_names(witness, watch);
	free(watch->path);
	free(watch);
}

static void free_watches(struct witness *witness) {
	struct watch *watch, *next;

	HASH_ITER (hh, witness->by_path, watch, next)
		free_watch(witness, watch);
}

struct witness *witness_new(void) {
	struct witness *witness = calloc(1, sizeof(*witness));

	if (!witness)
		return NULL;
	witness->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (witness->fd < 0) {
		free(witness);
		return NULL;
	}
	return witness;
}

struct witness *witness_free(struct witness *witness) {
	if (!witness)
		return NULL;
	free_watches(witness);
	fd_close(witness->fd);
	free(witness);
	return NULL;
}

/* Forgets all that was seen: from 'round' on it is watched as if that had begun now. */
static void begin_anew(struct witness *witness, uint64_t round) {
	struct watch *watch, *next;

	HASH_ITER (hh, witness->by_path, watch, next) {
		forget_names(witness, watch);
		watch->since = round;
	}
}

/* Has the kernel forget all that it watches, and what it has not told yet. */
static void renew(struct witness *witness) {
	fd_close(witness->fd);
	witness->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

/* Opens the directory 'path'. Returns the descriptor, or -1. */
static int open_dir(const char *path, struct stat *ret_status) {
	cleanup_fd int fd = sight_open(path, O_DIRECTORY);

	return fd < 0 || fstat(fd, ret_status) < 0 ? -1 : steal_fd(&fd);
}

/* Has the kernel watch the directory of 'status' that is open as 'fd'. */
static bool begin(const struct witness *witness, struct watch *watch, int fd,
	const struct stat *status, uint64_t round) {
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	watch->number =
		inotify_add_watch(witness->fd, path, NAME_EVENTS | SELF_EVENTS | IN_ONLYDIR);
	watch->dev = status->st_dev;
	watch->ino = status->st_ino;
	watch->since = round;
	return watch->number >= 0;
}

/* What was not told may be the end of a directory, and with it that of the kernel's watch; another
 * may have its path and even its number by now. So each is looked for again. */
static void watch_anew(struct witness *witness, uint64_t round) {
	struct watch *watch, *next;

	renew(witness);
	begin_anew(witness, round);
	HASH_ITER (hh, witness->by_path, watch, next) {
		struct stat status;
		cleanup_fd int fd = open_dir(watch->path, &status);

		if (fd < 0 || !begin(witness, watch, fd, &status, round))
			free_watch(witness, watch);
	}
}

static struct watch *add_watch(struct witness *witness, const char *dir) {
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch || !(watch->path = strdup(dir))) {
		free(watch);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, witness->by_path, watch->path, strlen(watch->path), watch);
	if (hashtable_has(&watch->hh))
		return watch;
	free(watch->path);
	free(watch);
	return NULL;
}

void witness_watch(struct witness *witness, const char *dir, uint64_t round) {
	struct stat status;
	struct watch *watch;

	if (!witness)
		return;
	cleanup_fd int fd = open_dir(dir, &status);
	if (fd < 0)
		return;
	HASH_FIND_STR(witness->by_path, dir, watch);
	if (watch && watch->dev == status.st_dev && watch->ino == status.st_ino)
		return;
	if (watch)
		free_watch(witness, watch);
	if (HASH_COUNT(witness->by_path) >= WATCHES_MAX) {
		free_watches(witness);
		renew(witness);
	}
	watch = add_watch(witness, dir);
	if (watch && !begin(witness, watch, fd, &status, round))
		free_watch(witness, watch);
}

void witness_watch_way(struct witness *witness, const char *path, uint64_t round) {
	struct watch *watch;
	char dir[PATH_MAX];

	if (!witness || path[0] != '/' || strlen(path) >= sizeof(dir) || footing_is_too_deep(path))
		return;
	memcpy(dir, path, strlen(path) + 1);
	while (dir[0]) {
		HASH_FIND_STR(witness->by_path, dir, watch);
		if (!watch)
			witness_watch(witness, dir, round);
		*strrchr(dir, '/') = '\0';
	}
	HASH_FIND_STR(witness->by_path, "/", watch);
	if (!watch)
		witness_watch(witness, "/", round);
}

static void note_name(
	struct witness *witness, struct watch *watch, const char *text, uint64_t round) {
	size_t length = strlen(text);
	struct name *name;

	HASH_FIND(hh, watch->names, text, length, name);
	if (!name) {
		name = witness->names_count < NAMES_MAX ? calloc(1, sizeof(*name) + length + 1)
							: NULL;
		if (!name) {
			begin_anew(witness, round);
			return;
		}
		memcpy(name->text, text, length);
		HASH_ADD_KEYPTR(hh, watch->names, name->text, length, name);
		if (!hashtable_has(&name->hh)) {
			free(name);
			begin_anew(witness, round);
			return;
		}
		witness->names_count++;
	}
	name->round = round;
}

/* One directory may be watched by several paths. */
static void note(struct witness *witness, const struct inotify_event *event, uint64_t round) {
	struct watch *watch, *next;

	HASH_ITER (hh, witness->by_path, watch, next) {
		if (watch->number != event->wd)
			continue;
		if (event->mask & IN_IGNORED)
			free_watch(witness, watch);
		else if (event->len > 0 && event->mask & NAME_EVENTS)
			note_name(witness, watch, event->name, round);
		else if (event->len == 0)
			watch->since = round;
	}
}

void witness_read(struct witness *witness, uint64_t round) {
	_Alignas(struct inotify_event) char buffer[8192];
	ssize_t length = 0;
	int reads = 0;
	bool lost = false;

	if (!witness)
		return;
	while (!lost && reads++ < READS_MAX &&
		(length = read(witness->fd, buffer, sizeof(buffer))) > 0) {
		const struct inotify_event *event;

		for (char *cursor = buffer; cursor < buffer + length;
			cursor += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)(void *)cursor;
			if (event->mask & IN_Q_OVERFLOW)
				lost = true;
			else
				note(witness, event, round);
		}
	}
	/* Nothing more is the only end by which all is known. */
	if (lost || length >= 0 || errno != EAGAIN)
		watch_anew(witness, round);
}

static const struct watch *find(const struct witness *witness, const struct stat *status) {
	const struct watch *watch;

	for (watch = witness ? witness->by_path : NULL; watch; watch = watch->hh.next) {
		if (watch->dev == status->st_dev && watch->ino == status->st_ino)
			return watch;
	}
	return NULL;
}

bool witness_saw_same(const struct witness *witness, const struct stat *status, uint64_t since) {
	const struct watch *watch = find(witness, status);

	return watch && watch->since < since;
}

bool witness_saw_name_same(const struct witness *witness, const struct stat *status,
	const char *name, uint64_t since) {
	const struct watch *watch = find(witness, status);
	const struct name *seen;

	if (!watch || watch->since >= since)
		return false;
	HASH_FIND_STR(watch->names, name, seen);
	return !seen || seen->round < since;
}
