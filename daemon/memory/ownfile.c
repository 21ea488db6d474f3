/* SPDX-License-Identifier: MIT */
#include "ownfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "sight.h"

static int open_own(const char *path, size_t *ret_size) {
	cleanup_fd int fd = sight_open_to_read(path, O_NOFOLLOW | O_NONBLOCK);
	struct stat status;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
		(status.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	if (status.st_size > OWNFILE_MAX)
		return -EBADMSG;
	*ret_size = (size_t)status.st_size;
	return steal_fd(&fd);
}

int ownfile_read(const char *path, char **ret_bytes, size_t *ret_size) {
	size_t size = 0;
	cleanup_fd int fd = open_own(path, &size);

	if (fd < 0)
		return fd;
	/* Not mapped: what is cut off meanwhile must not end the daemon (SIGBUS). One byte more
	 * shows what has grown. */
	cleanup_free char *bytes = malloc(size + 1);
	if (!bytes)
		return -ENOMEM;
	ssize_t length = read(fd, bytes, size + 1);
	if (length < 0)
		return -errno;
	if ((size_t)length != size)
		return -EBADMSG;
	*ret_size = size;
	*ret_bytes = steal_ptr(&bytes);
	return 0;
}
