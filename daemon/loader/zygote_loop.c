/* SPDX-License-Identifier: MIT */
#include "zygote_loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "loader_abi.h"

/* More children than the daemon ever has at a time. */
#define CHILDREN_MAX 256

struct zygote {
	const struct setup *setup;
	pid_t pid;
	struct {
		pid_t pid; /* 0: free */
		uint32_t id;
	} children[CHILDREN_MAX];
};

static void on_sigchld(int signal) {
	/* Only there to interrupt ppoll(). */
	(void)signal;
}

static void close_all(const int fds[LOADER_COMMAND_FDS_MAX]) {
	for (size_t i = 0; i < LOADER_COMMAND_FDS_MAX; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static bool send_event(enum loader_event_kind kind, uint32_t id, uint32_t cpu_us, int value) {
	struct loader_event event = {kind, id, cpu_us, value};
	const char *cursor = (const char *)&event;
	size_t size = sizeof(event);

	while (size > 0) {
		ssize_t written = write(LOADER_FD_CONTROL, cursor, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		cursor += written;
		size -= (size_t)written;
	}
	return true;
}

static bool remember(struct zygote *zygote, pid_t pid, uint32_t id) {
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		if (zygote->children[i].pid == 0) {
			zygote->children[i].pid = pid;
			zygote->children[i].id = id;
			return true;
		}
	}
	return false;
}

static uint32_t processor_time_us(const struct rusage *usage) {
	uint64_t us = (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
		      (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);

	return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static bool reap(struct zygote *zygote) {
	struct rusage usage;
	int status;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		for (size_t i = 0; i < CHILDREN_MAX; i++) {
			if (zygote->children[i].pid != pid)
				continue;
			zygote->children[i].pid = 0;
			if (!send_event(LOADER_EVENT_EXITED, zygote->children[i].id,
				    processor_time_us(&usage), status))
				return false;
			break;
		}
	}
	return true;
}

static _Noreturn void become_child(struct zygote *zygote, const struct loader_command *command,
	const int fds[LOADER_COMMAND_FDS_MAX]) {
	sigset_t none;

	/* The library starts with the signals of a fresh program. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	const struct child child = {
		.setup = zygote->setup,
		.channel = fds[0],
		.output = fds[1],
		.host = {.names = fds[2], .program = fds[3]},
		.zygote = zygote->pid,
		.cpu = command->cpu,
	};
	if (command->kind == LOADER_COMMAND_TRACE)
		child_trace(&child);
	child_run(&child);
}

static bool fork_child(struct zygote *zygote, const struct loader_command *command,
	const int fds[LOADER_COMMAND_FDS_MAX]) {
	pid_t pid = fork();

	if (pid == 0)
		become_child(zygote, command, fds);
	int error = errno;
	close_all(fds);
	if (pid < 0)
		return send_event(LOADER_EVENT_NOT_FORKED, command->id, 0, error);
	if (!remember(zygote, pid, command->id)) {
		kill(pid, SIGKILL);
		return false;
	}
	return true;
}

/* Takes the descriptors that came with a command; those that did not are -1. */
static bool take_descriptors(struct msghdr *message, int fds[LOADER_COMMAND_FDS_MAX]) {
	struct cmsghdr *part = CMSG_FIRSTHDR(message);

	for (size_t i = 0; i < LOADER_COMMAND_FDS_MAX; i++)
		fds[i] = -1;
	if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
		return false;
	size_t size = part->cmsg_len - CMSG_LEN(0);
	if (size == 0 || size > LOADER_COMMAND_FDS_MAX * sizeof(int) || size % sizeof(int) != 0)
		return false;
	memcpy(fds, CMSG_DATA(part), size);
	return true;
}

/* Whether it says what is known, with the descriptors for that. */
static bool makes_sense(
	const struct loader_command *command, const int fds[LOADER_COMMAND_FDS_MAX]) {
	switch (command->kind) {
	case LOADER_COMMAND_FORK:
	case LOADER_COMMAND_TRACE:
		return fds[2] < 0;
	case LOADER_COMMAND_HOST:
		return fds[2] >= 0;
	default:
		return false;
	}
}

/* There was no place for all of its descriptors, but perhaps for the first ones. */
static bool refuse_fork(
	const struct loader_command *command, const int fds[LOADER_COMMAND_FDS_MAX]) {
	close_all(fds);
	return send_event(LOADER_EVENT_NOT_FORKED, command->id, 0, EMFILE);
}

/* Returns 1 after a command, 0 at the end of the stream, -1 on nonsense. */
static int serve_command(struct zygote *zygote) {
	struct loader_command command;
	struct iovec part = {&command, sizeof(command)};
	union {
		char bytes[CMSG_SPACE(LOADER_COMMAND_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	int fds[LOADER_COMMAND_FDS_MAX];

	ssize_t length = recvmsg(LOADER_FD_CONTROL, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	if (length < 0)
		return errno == EINTR ? 1 : -1;
	if (length == 0)
		return 0;
	if (length != sizeof(command))
		return -1;
	bool taken = take_descriptors(&message, fds);
	if (message.msg_flags & MSG_CTRUNC)
		return refuse_fork(&command, fds) ? 1 : -1;
	if (!taken || !makes_sense(&command, fds))
		return -1;
	return fork_child(zygote, &command, fds) ? 1 : -1;
}

void zygote_loop_refuse(int error) {
	send_event(LOADER_EVENT_NO_SETUP, 0, 0, error);
}

int zygote_loop_run(const struct setup *setup) {
	static struct zygote zygote;
	struct sigaction action = {.sa_handler = on_sigchld};
	struct pollfd control = {.fd = LOADER_FD_CONTROL, .events = POLLIN};
	sigset_t blocked, open_mask;
	int r = 1;

	zygote.setup = setup;
	zygote.pid = getpid();
	/* Blocked but while waiting, so that no child's end is missed between two looks. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	sigemptyset(&open_mask);
	sigaction(SIGCHLD, &action, NULL);
	if (!send_event(LOADER_EVENT_READY, 0, 0, LOADER_ABI_VERSION))
		return LOADER_EXIT_PROTOCOL;
	while (r > 0) {
		int ready = ppoll(&control, 1, NULL, &open_mask);
		if (!reap(&zygote))
			return 0;
		if (ready > 0)
			r = serve_command(&zygote);
	}
	return r == 0 ? 0 : LOADER_EXIT_PROTOCOL;
}
