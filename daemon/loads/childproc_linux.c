/* SPDX-License-Identifier: MIT */
#include "childproc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dltest/cleanup.h>

/* /proc/<pid>/stat: "pid (name) state ppid …"; the name may hold anything, so the fields are
 * counted from its last parenthesis (proc(5)). Returns 0, -ESRCH if it is not, or -EAGAIN if there
 * is no descriptor to look with. */
static int check_child(pid_t pid, pid_t parent) {
	char path[40], text[512];
	int found;

	/* Without a parent (0) are processes that have nothing to do with it. */
	if (parent <= 0)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -EAGAIN : -ESRCH;
	ssize_t length = read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return -ESRCH;
	text[length] = '\0';
	const char *end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %d", &found) == 1 && found == parent ? 0 : -ESRCH;
}

/* What the priorities of a session's threads say counts among themselves only where there are
 * autogroups. Where there are none, there is no such file. */
static int set_autogroup_nice(pid_t pid, int nice) {
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/autogroup", (int)pid);
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	return dprintf(fd, "%d", nice) < 0 && errno == EAGAIN ? -EAGAIN : 0;
}

int childproc_set_nice(pid_t pid, pid_t parent, int nice) {
	int r = check_child(pid, parent);
	if (r < 0)
		return r;
	setpriority(PRIO_PGRP, (id_t)pid, nice);
	return set_autogroup_nice(pid, nice);
}

bool childproc_has_thread(pid_t pid, pid_t thread) {
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", (int)pid, (int)thread);
	return access(path, F_OK) == 0;
}

int childproc_kill(pid_t pid, pid_t parent, int nice) {
	/* The descriptor is taken first: if the number is then found to be a child of 'parent'
	 * and the descriptor's process still lives, they are the same process. */
	cleanup_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	int r = check_child(pid, parent);
	if (r < 0)
		return r;
	r = nice > 0 ? set_autogroup_nice(pid, 0) : 0;
	if (pidfd >= 0 && syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0)
		return -errno;
	/* Before Linux 5.3. Its number is not reused before its parent has waited for it. */
	if (pidfd < 0 && kill(pid, SIGKILL) < 0)
		return -errno;
	return r;
}
