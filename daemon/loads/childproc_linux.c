/* SPDX-License-Identifier: MIT */
#include "childproc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "scarce.h"

#define PATH_SIZE 64

/* Reads the start of a file below /proc, as text. Returns 0, -EAGAIN for want of a descriptor, or
 * -ESRCH for any other reason. */
static int read_text(const char *path, char *text, size_t size) {
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return scarce_is_meant_by(errno) ? -EAGAIN : -ESRCH;
	ssize_t length = read(fd, text, size - 1);
	if (length <= 0)
		return -ESRCH;
	text[length] = '\0';
	return 0;
}

/* A process or thread: "pid (name) state ppid …" in its stat; the name may hold anything, so the
 * fields are counted from its last parenthesis (proc(5)). */
static int read_state(const char *path, char *ret_state, int *ret_parent) {
	char text[512];

	int r = read_text(path, text, sizeof(text));
	if (r < 0)
		return r;
	const char *end = strrchr(text, ')');
	return end && sscanf(end, ") %c %d", ret_state, ret_parent) == 2 ? 0 : -ESRCH;
}

static int check_child(pid_t pid, pid_t parent) {
	char path[PATH_SIZE], state;
	int found;

	/* Without a parent (0) are processes that have nothing to do with it. */
	if (parent <= 0)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int r = read_state(path, &state, &found);
	return r < 0 ? r : found == parent ? 0 : -ESRCH;
}

bool childproc_is_runnable(pid_t pid) {
	char path[PATH_SIZE], state;
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return pid > 0 && read_state(path, &state, &parent) == 0 && (state == 'R' || state == 'D');
}

bool childproc_has_thread(pid_t pid, pid_t thread) {
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", (int)pid, (int)thread);
	return access(path, F_OK) == 0;
}

/* The number in the line of a status that begins with 'name', which has the newline before it. */
static uint64_t number_of(const char *status, const char *name) {
	const char *line = strstr(status, name);

	return line ? strtoull(line + strlen(name), NULL, 10) : 0;
}

static void take_state(char state, struct childproc_usage *usage) {
	usage->is_runnable |= state == 'R';
	usage->on_disk |= state == 'D';
}

/* Takes what the status tells, in which the name of a program has no newline (proc(5)). */
static int take_status(pid_t pid, pid_t parent, struct childproc_usage *usage) {
	static const char *const kilobytes[] = {
		"\nRssAnon:", "\nRssShmem:", "\nVmSwap:", "\nVmPTE:", "\nHugetlbPages:"};
	/* A user may be in thousands of groups, which come before. */
	static char text[64 * 1024];
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	int r = read_text(path, text, sizeof(text));
	if (r < 0)
		return r;
	const char *state = strstr(text, "\nState:\t");
	if (!state || parent <= 0 || (pid_t)number_of(text, "\nPPid:") != parent)
		return -ESRCH;
	take_state(state[8], usage);
	for (size_t i = 0; i < sizeof(kilobytes) / sizeof(kilobytes[0]); i++)
		usage->resident += number_of(text, kilobytes[i]) * 1024;
	usage->threads = (unsigned)number_of(text, "\nThreads:");
	/* Its first thread may have ended before the others. */
	usage->ended = usage->threads <= 1 && (state[8] == 'Z' || state[8] == 'X');
	if (usage->threads == 0 && !usage->ended)
		return -EAGAIN;
	return 0;
}

/* The clock of another process has its number in it, as clock_getcpuclockid(3) makes it; that asks
 * the kernel first whether there is one. */
static uint64_t read_clock(pid_t pid) {
	const clockid_t clock = (clockid_t)(~(unsigned)pid << 3 | 2 /* CPUCLOCK_SCHED */);
	struct timespec time;

	if (clock_gettime(clock, &time) < 0)
		return 0;
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void add_schedstat(const char *path, struct childproc_usage *usage) {
	unsigned long long ran_ns, waited_ns, turns;
	char text[128];

	if (read_text(path, text, sizeof(text)) < 0 ||
		sscanf(text, "%llu %llu %llu", &ran_ns, &waited_ns, &turns) != 3)
		return;
	usage->living_cpu_us += ran_ns / 1000;
	usage->delay_us += waited_ns / 1000;
	usage->turns += turns;
}

uint64_t childproc_own_delay_us(void) {
	struct childproc_usage usage = {0};

	add_schedstat("/proc/self/schedstat", &usage);
	return usage.delay_us;
}

static void add_thread(pid_t pid, const char *thread, struct childproc_usage *usage) {
	char path[PATH_SIZE], state;
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/schedstat", (int)pid, thread);
	add_schedstat(path, usage);
	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/stat", (int)pid, thread);
	if (read_state(path, &state, &parent) == 0)
		take_state(state, usage);
}

/* With a buffer of its own: the C library's takes in a thousand threads, each of which the kernel
 * makes an inode for, and few are looked at. */
static int add_threads(pid_t pid, struct childproc_usage *usage) {
	static _Alignas(struct dirent) char buffer[1024];
	int left = CHILDPROC_THREADS_MAX;
	char path[PATH_SIZE];
	long length;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return scarce_is_meant_by(errno) ? -EAGAIN : -ESRCH;
	while (left > 0 && (length = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < length && left > 0;) {
			const struct dirent *entry = (const void *)(buffer + at);

			at += entry->d_reclen;
			if (entry->d_name[0] == '.')
				continue;
			add_thread(pid, entry->d_name, usage);
			left--;
		}
	}
	return 0;
}

int childproc_look(pid_t pid, pid_t parent, struct childproc_usage *ret_usage) {
	struct childproc_usage usage = {0};
	char path[PATH_SIZE];

	int r = take_status(pid, parent, &usage);
	if (r == 0 && !usage.ended) {
		/* Before the threads', so that these have not had more. */
		usage.cpu_us = read_clock(pid);
		snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
		if (usage.threads > 1)
			r = add_threads(pid, &usage);
		else
			add_schedstat(path, &usage);
	}
	if (r == 0)
		*ret_usage = usage;
	return r;
}

int childproc_kill(pid_t pid, pid_t parent) {
	/* The descriptor is taken first: if the number is then found to be a child of 'parent'
	 * and the descriptor's process still lives, they are the same process. */
	cleanup_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	int r = check_child(pid, parent);
	if (r < 0)
		return r;
	if (pidfd >= 0 && syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0)
		return -errno;
	/* Before Linux 5.3. Its number is not reused before its parent has waited for it. */
	if (pidfd < 0 && kill(pid, SIGKILL) < 0)
		return -errno;
	return 0;
}

int childproc_signal(pid_t pid, pid_t parent, int signal) {
	int r = check_child(pid, parent);

	/* To that thread, which no descriptor of a process can say. Its parent has not been told of
	 * an end yet: the number is nobody else's. */
	if (r == 0 && syscall(SYS_tgkill, pid, pid, signal) < 0)
		return -errno;
	return r;
}
