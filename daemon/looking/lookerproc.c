/* SPDX-License-Identifier: MIT */
#include "lookerproc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "looking.h"

/* Of all descriptors it gets its socket; what it says otherwise nobody hears. */
static int set_descriptors(posix_spawn_file_actions_t *actions, int theirs) {
	int r = posix_spawn_file_actions_adddup2(actions, theirs, LOOKING_SOCKET);

	for (int fd = LOOKING_SOCKET + 1; fd <= STDERR_FILENO && r == 0; fd++)
		r = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
	return -r;
}

/* Signals as a program expects them; the daemon ignores some and waits for others in its own way.
 */
static int set_signals(posix_spawnattr_t *attributes) {
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	int r = posix_spawnattr_setsigdefault(attributes, &all);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setflags(
			attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	return -r;
}

static int spawn(const char *argument, int theirs, pid_t *ret_pid) {
	char name[] = "tsuku-dltestd", copy[32];
	char *argv[] = {name, copy, NULL}, *environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	snprintf(copy, sizeof(copy), "%s", argument);
	int r = -posix_spawn_file_actions_init(&actions);
	if (r < 0)
		return r;
	r = -posix_spawnattr_init(&attributes);
	if (r == 0) {
		r = set_descriptors(&actions, theirs);
		if (r == 0)
			r = set_signals(&attributes);
		/* This program itself, whatever may have its name by now. */
		if (r == 0)
			r = -posix_spawn(ret_pid, "/proc/self/exe", &actions, &attributes, argv,
				environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

int lookerproc_start(const char *argument, pid_t *ret_pid) {
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	cleanup_fd int ours = ends[0], theirs = ends[1];
	int flags = fcntl(ours, F_GETFL);
	if (flags < 0 || fcntl(ours, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	int r = spawn(argument, theirs, ret_pid);
	return r < 0 ? r : steal_fd(&ours);
}

bool lookerproc_is_runnable(pid_t pid) {
	char path[40], text[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return false;
	text[length] = '\0';
	/* The state follows the name, which may hold anything but is the last that has brackets
	 * (proc(5)). */
	const char *bracket = strrchr(text, ')');
	return bracket && strncmp(bracket, ") R", 3) == 0;
}
