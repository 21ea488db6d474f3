/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>

/* FNV-1a with 64 bits (draft-eastlake-fnv). Never 0. */
static uint64_t digest(const char *bytes, size_t size) {
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	return sum ? sum : 1;
}

/* The stamp of a path that cannot be opened: of nothing, and why; unknown after other failures. */
static struct stamp of_nothing(int error) {
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case EACCES:
	case ELOOP:
	case ENAMETOOLONG:
		return (struct stamp){.size = error};
	default:
		return (struct stamp){.unknown = true};
	}
}

struct stamp stamp_take(const char *path) {
	char link[40], real[PATH_MAX];
	struct stat status;

	/* Everything from one descriptor, so that the parts belong together. */
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return of_nothing(errno);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, real, sizeof(real));
	if (length <= 0 || fstat(fd, &status) < 0)
		return (struct stamp){.unknown = true};
	struct stamp stamp = stamp_of(&status);
	stamp.way = digest(real, (size_t)length);
	return stamp;
}
