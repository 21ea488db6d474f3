/* SPDX-License-Identifier: MIT */
#include "sight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/mounts.h>

/* Paths that one undertaking may want: it goes by what a caller or a library names. */
#define WANTS_MAX 4096

/* The mounts of this process. */
static struct dltest_mounts *mounts;
/* True: what may not answer is looked at like all else. */
static bool dares;

struct sight {
	struct sight_want *wants;
	size_t count;
};

struct sight *sight_new(void) {
	return calloc(1, sizeof(struct sight));
}

static bool find_mounts(void) {
	if (!mounts)
		mounts = dltest_mounts_new();
	return mounts != NULL;
}

/* As dltest_mounts_open(); nothing is relative to where a daemon is. */
static int open_path(const char *path, int flags, uint64_t *ret_mount) {
	struct dltest_mount mount = {0};

	if (path[0] != '/')
		return -ENOENT;
	if (dares) {
		int opened = open(path, flags | O_CLOEXEC);

		return opened < 0 ? -errno : opened;
	}
	if (!find_mounts())
		return -ENOMEM;
	int fd = dltest_mounts_open(mounts, path, flags, &mount);
	if (ret_mount)
		*ret_mount = mount.device;
	return fd;
}

/* True if 'path' may be looked at by itself, as most often all may: then one call is enough. */
static bool needs_no_way(const char *path) {
	return path[0] == '/' && find_mounts() && dltest_mounts_all_answer(mounts);
}

static int stat_path(const char *path, int flags, struct stat *ret_status, uint64_t *ret_mount) {
	if (needs_no_way(path)) {
		const int at = flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;

		return fstatat(AT_FDCWD, path, ret_status, at) < 0 ? -errno : 0;
	}
	cleanup_fd int fd = open_path(path, O_PATH | flags, ret_mount);
	if (fd < 0)
		return fd;
	return fstat(fd, ret_status) < 0 ? -errno : 0;
}

static void free_want(struct sight_want *want) {
	free(want->path);
	free(want->look);
	free(want);
}

struct sight *sight_free(struct sight *sight) {
	struct sight_want *want, *next;

	for (want = sight ? sight->wants : NULL; want; want = next) {
		next = want->next;
		free_want(want);
	}
	free(sight);
	return NULL;
}

static struct sight_want *find(const struct sight *sight, const char *path) {
	struct sight_want *want = sight->wants;

	while (want && strcmp(want->path, path) != 0)
		want = want->next;
	return want;
}

static int add_want(struct sight *sight, const char *path, uint64_t mount) {
	if (sight->count >= WANTS_MAX)
		return -ETIMEDOUT;
	struct sight_want *want = calloc(1, sizeof(*want));
	if (!want || !(want->path = strdup(path))) {
		free(want);
		return -ENOMEM;
	}
	want->mount = mount;
	want->error = -EREMOTE;
	want->next = sight->wants;
	sight->wants = want;
	sight->count++;
	return -EREMOTE;
}

static int look_beyond(
	struct sight *sight, const char *path, uint64_t mount, struct look *ret_look) {
	const struct sight_want *want = find(sight, path);

	if (!want)
		return add_want(sight, path, mount);
	if (want->error == 0)
		*ret_look = *want->look;
	return want->error;
}

/* What is open as 'fd', by itself. */
static int look_at(int fd, struct look *ret_look) {
	char link[40];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, ret_look->real, sizeof(ret_look->real) - 1);
	if (length <= 0 || fstat(fd, &ret_look->status) < 0)
		return length == 0 ? -ENOENT : -errno;
	ret_look->real[length] = '\0';
	return 0;
}

int sight_look(struct sight *sight, const char *path, struct look *ret_look) {
	uint64_t mount = 0;
	cleanup_fd int fd = open_path(path, O_PATH, &mount);

	if (fd >= 0)
		return look_at(fd, ret_look);
	return fd == -EREMOTE && sight ? look_beyond(sight, path, mount, ret_look) : fd;
}

int sight_stat(struct sight *sight, const char *path, struct stat *ret_status) {
	struct look look;
	uint64_t mount = 0;

	int r = stat_path(path, 0, ret_status, &mount);
	if (r != -EREMOTE || !sight)
		return r;
	r = look_beyond(sight, path, mount, &look);
	if (r == 0)
		*ret_status = look.status;
	return r;
}

bool sight_reaches(const char *path) {
	struct stat status;

	return stat_path(path, 0, &status, NULL) != -EREMOTE;
}

bool sight_is_waiting(const struct sight *sight) {
	const struct sight_want *want = sight ? sight->wants : NULL;

	while (want && want->error != -EREMOTE)
		want = want->next;
	return want != NULL;
}

struct sight_want *sight_wants(const struct sight *sight) {
	return sight->wants;
}

void sight_answer(struct sight_want *want, int error, const struct look *look) {
	if (error == 0) {
		want->look = malloc(sizeof(*look));
		if (want->look)
			*want->look = *look;
		else
			error = -ENOMEM;
	}
	want->error = error == -EREMOTE ? -ETIMEDOUT : error;
}

void sight_give_up(struct sight *sight) {
	for (struct sight_want *want = sight->wants; want; want = want->next) {
		if (want->error == -EREMOTE)
			sight_answer(want, -ETIMEDOUT, NULL);
	}
}

int sight_list_unanswered(const struct sight *sight, struct strv *paths) {
	const struct sight_want *want;
	int r = 0;

	for (want = sight ? sight->wants : NULL; want && r == 0; want = want->next) {
		if (want->error == -ETIMEDOUT)
			r = strv_add_once(paths, want->path);
	}
	return r;
}

int sight_open(const char *path, int flags) {
	return open_path(path, O_PATH | flags, NULL);
}

void sight_dare(void) {
	dares = true;
}

int sight_open_to_read(const char *path, int flags) {
	return open_path(path, O_RDONLY | flags, NULL);
}

int sight_lstat(const char *path, struct stat *ret_status) {
	return stat_path(path, O_NOFOLLOW, ret_status, NULL);
}

int sight_readlink(const char *path, char ret_target[PATH_MAX]) {
	char target[PATH_MAX];
	ssize_t length;

	if (needs_no_way(path)) {
		length = readlink(path, target, sizeof(target));
	} else {
		cleanup_fd int fd = sight_open(path, O_NOFOLLOW);

		if (fd < 0)
			return fd;
		length = readlinkat(fd, "", target, sizeof(target));
	}
	if (length < 0)
		return -errno;
	if (length == sizeof(target))
		return -ENAMETOOLONG;
	memcpy(ret_target, target, (size_t)length);
	ret_target[length] = '\0';
	return 0;
}

char *sight_real(const char *path) {
	struct look look;
	int r = sight_look(NULL, path, &look);

	if (r == 0)
		return strdup(look.real);
	errno = -r;
	return NULL;
}
