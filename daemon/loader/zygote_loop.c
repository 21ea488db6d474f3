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

static _Noreturn void become_child(
	struct zygote *zygote, const struct loader_command *command, int channel, int output) {
	sigset_t none;

	/* The library starts with the signals of a fresh program. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	const struct child child = {
		.setup = zygote->setup,
		.channel = channel,
		.output = output,
		.zygote = zygote->pid,
		.cpu = command->cpu,
	};
	if (command->kind == LOADER_COMMAND_TRACE)
		child_trace(&child);
	child_run(&child);
}

static bool fork_child(
	struct zygote *zygote, const struct loader_command *command, int channel, int output) {
	pid_t pid = fork();

	if (pid == 0)
		become_child(zygote, command, channel, output);
	int error = errno;
	close(channel);
	if (output >= 0)
		close(output);
	if (pid < 0)
		return send_event(LOADER_EVENT_NOT_FORKED, command->id, 0, error);
	if (!remember(zygote, pid, command->id)) {
		kill(pid, SIGKILL);
		return false;
	}
	return true;
}

/* Takes the one or two descriptors that came with a command. */
static bool take_descriptors(struct msghdr *message, int descriptors[2]) {
	struct cmsghdr *part = CMSG_FIRSTHDR(message);

	if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
		return false;
	descriptors[1] = -1;
	if (part->cmsg_len != CMSG_LEN(sizeof(int)) && part->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return false;
	memcpy(descriptors, CMSG_DATA(part), part->cmsg_len - CMSG_LEN(0));
	return true;
}

/* There was no place for all of its descriptors, but perhaps for the first. */
static bool refuse_fork(const struct loader_command *command, int channel) {
	if (channel >= 0)
		close(channel);
	return send_event(LOADER_EVENT_NOT_FORKED, command->id, 0, EMFILE);
}

/* Returns 1 after a command, 0 at the end of the stream, -1 on nonsense. */
static int serve_command(struct zygote *zygote) {
	struct loader_command command;
	struct iovec part = {&command, sizeof(command)};
	union {
		char bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	int descriptors[2];

	ssize_t length = recvmsg(LOADER_FD_CONTROL, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	if (length < 0)
		return errno == EINTR ? 1 : -1;
	if (length == 0)
		return 0;
	if (length != sizeof(command) ||
		(command.kind != LOADER_COMMAND_FORK && command.kind != LOADER_COMMAND_TRACE))
		return -1;
	bool taken = take_descriptors(&message, descriptors);
	if (message.msg_flags & MSG_CTRUNC)
		return refuse_fork(&command, taken ? descriptors[0] : -1) ? 1 : -1;
	if (!taken)
		return -1;
	return fork_child(zygote, &command, descriptors[0], descriptors[1]) ? 1 : -1;
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
