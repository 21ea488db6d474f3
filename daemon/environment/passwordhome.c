/* SPDX-License-Identifier: MIT */
#include "passwordhome.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "ownpipe.h"

/* The time that others have to tell. The client of a daemon that is being started waits for it. */
#define ASK_MS 1000
/* A home is a path. */
#define ANSWER_MAX 4096

/* Adds those of 'uid' in /etc/passwd; there may be several. Returns how many, or -ENOMEM. */
static int list_from_file(struct strv *homes, uid_t uid) {
	const struct passwd *entry;
	int count = 0;

	cleanup_file FILE *passwords = fopen("/etc/passwd", "re");
	while (passwords && (entry = fgetpwent(passwords))) {
		if (entry->pw_uid != uid)
			continue;
		int r = strv_add_once(homes, entry->pw_dir);
		if (r < 0)
			return r;
		count++;
	}
	return count;
}

/* In the child: asking may load modules of the C library and wait for servers. */
static _Noreturn void tell(int fd, uid_t uid) {
	char buffer[16384];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		_exit(1);
	size_t size = strlen(found->pw_dir) + 1;
	_exit(size <= ANSWER_MAX && write(fd, found->pw_dir, size) == (ssize_t)size ? 0 : 1);
}

static bool is_answered(int fd) {
	struct pollfd answer = {.fd = fd, .events = POLLIN};

	return poll(&answer, 1, ASK_MS) == 1;
}

/* One write of no more than PIPE_BUF comes in one piece. */
static int take_answer(struct strv *homes, int fd) {
	char home[ANSWER_MAX];

	ssize_t length = read(fd, home, sizeof(home));
	return length > 0 && home[length - 1] == '\0' ? strv_add_once(homes, home) : 0;
}

static int ask_others(struct strv *homes, uid_t uid) {
	int ends[2];

	if (ownpipe_open(ends, O_CLOEXEC) < 0)
		return 0;
	cleanup_fd int reads = ends[0];
	cleanup_fd int writes = ends[1];
	pid_t child = fork();
	if (child == 0)
		tell(writes, uid);
	close(steal_fd(&writes));
	if (child < 0)
		return 0;
	bool answered = is_answered(reads);
	kill(child, SIGKILL);
	/* Who waits for a server may be where no signal comes through. */
	waitpid(child, NULL, answered ? 0 : WNOHANG);
	return answered ? take_answer(homes, reads) : 0;
}

static int list_of(struct strv *homes, uid_t uid) {
	int r = list_from_file(homes, uid);

	return r == 0 ? ask_others(homes, uid) : r < 0 ? r : 0;
}

int passwordhome_list(struct strv *homes) {
	int r = list_of(homes, getuid());

	return r < 0 || geteuid() == getuid() ? r : list_of(homes, geteuid());
}
