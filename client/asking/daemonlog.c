/* SPDX-License-Identifier: MIT */
#include "daemonlog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/descriptors.h>
#include <dltest/mounts.h>
#include <dltest/owndir.h>

#define LOG_MAX	   (1024 * 1024)
#define LOG_FOLDER "logs"
#define LOG_NAME   "dltestd.log"

DEFINE_CLEANUP(struct dltest_mounts *, dltest_mounts_free);

/* Returns a descriptor, or -1 when there cannot be one. */
static int open_file(const char *home) {
	static const char *const names[] = {LOG_FOLDER, NULL};
	static const char name[] = LOG_NAME, old[] = LOG_NAME ".1";
	cleanup_fd int dir = dltest_owndir_open(home, names, true);
	struct stat status;

	if (dir < 0)
		return -1;
	if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_size > LOG_MAX)
		renameat(dir, name, dir, old);
	return openat(dir, name,
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

/* Whether who opens the log, or writes to it, may wait for ever. */
static bool is_uncertain(const char *home) {
	CLEANUP(dltest_mounts_free_p) struct dltest_mounts *mounts = dltest_mounts_new();
	char path[PATH_MAX];

	int length = snprintf(path, sizeof(path), "%s/" LOG_FOLDER "/" LOG_NAME, home);
	if (!mounts || length < 0 || length >= PATH_MAX)
		return true;
	int fd = dltest_mounts_open(mounts, path, O_PATH | O_NOFOLLOW, NULL);
	fd_close(fd);
	return fd == -EREMOTE;
}

enum daemonlog_kind daemonlog_open(const char *home, int *ret_fd) {
	*ret_fd = -1;
	if (!home)
		return DAEMONLOG_NONE;
	if (is_uncertain(home))
		return DAEMONLOG_WRITER;
	*ret_fd = open_file(home);
	return *ret_fd < 0 ? DAEMONLOG_NONE : DAEMONLOG_FILE;
}

static _Noreturn void write_log(const char *home, int source) {
	char bytes[4096];
	ssize_t length = 1;

	if (dltest_descriptors_keep(source) < 0 || chdir("/") < 0)
		_exit(0);
	int log = open_file(home);
	while (log >= 0 && (length > 0 || (length < 0 && errno == EINTR))) {
		length = read(DLTEST_DESCRIPTORS_KEPT, bytes, sizeof(bytes));
		/* Nothing can be done about a log that cannot be written. */
		if (length > 0 && write(log, bytes, (size_t)length) < 0)
			continue;
	}
	_exit(0);
}

int daemonlog_start_writer(const char *home) {
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	cleanup_fd int source = ends[0], target = ends[1];
	if (fcntl(target, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0)
		write_log(home, source);
	return pid < 0 ? -errno : steal_fd(&target);
}
