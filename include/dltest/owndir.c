/* SPDX-License-Identifier: MIT */
#include "owndir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

static bool is_own(const struct stat *status) {
	return status->st_uid == geteuid() && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool is_same(const struct stat *one, const struct stat *other) {
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* Whether the name, of which 'before' was told before 'opened' was opened by it, led there all the
 * time, and by nobody else's symlink. Root is everybody. */
static bool led_there(
	int above, const char *name, const struct stat *before, const struct stat *opened) {
	struct stat now;

	if (!S_ISLNK(before->st_mode))
		return is_same(before, opened);
	return (before->st_uid == geteuid() || before->st_uid == 0) &&
	       fstatat(above, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && is_same(before, &now);
}

static int open_one(int above, const char *name) {
	struct stat before, opened;

	if (fstatat(above, name, &before, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	cleanup_fd int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &opened) < 0)
		return -errno;
	if (!is_own(&opened) || !led_there(above, name, &before, &opened))
		return -EPERM;
	return steal_fd(&fd);
}

int dltest_owndir_open(const char *path, const char *const *names, bool make) {
	cleanup_fd int fd = open_one(AT_FDCWD, path);

	for (; fd >= 0 && *names; names++) {
		if (make && mkdirat(fd, *names, S_IRWXU) < 0 && errno != EEXIST)
			return -errno;
		int below = open_one(fd, *names);
		fd_close(fd);
		fd = below;
	}
	return fd < 0 ? fd : steal_fd(&fd);
}
