/* SPDX-License-Identifier: MIT */
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

static long open_for_writing(void) {
	return open("/dev/null", O_WRONLY);
}

static long truncate_while_reading(void) {
	return open("/dev/null", O_RDONLY | O_TRUNC);
}

static long read_other_files(void) {
	return open("/etc/passwd", O_RDONLY);
}

static long make_internet_socket(void) {
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long make_unix_socket(void) {
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long change_mode(void) {
	return chmod("/dev/null", 0);
}

static long make_anonymous_file(void) {
	return syscall(SYS_memfd_create, "x", 0);
}

static long use_io_uring(void) {
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long make_user_namespace(void) {
	return unshare(CLONE_NEWUSER);
}

static long trace(void) {
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long limit_another(void) {
	return prlimit(getppid(), RLIMIT_CORE, NULL, NULL);
}

static long start_process(void) {
	/* Straight to the kernel: a process that does start ends without having done anything. */
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long signal_another(void) {
	return kill(getppid(), 0);
}

static long own_signals(void) {
	/* Without a descriptor it would be EBADF. */
	return fcntl(0, F_SETOWN, getppid());
}

enum condition {
	ALWAYS,
	WITH_LANDLOCK,
	/* A zygote whose refusals are not recorded may do it; its children take it from themselves.
	 */
	IN_CHILD_OR_WITH_NOTIFY,
};

static const struct {
	const char *name;
	long (*act)(void);
	enum condition condition;
} acts[] = {
	{"open a file for writing", open_for_writing, ALWAYS},
	{"empty a file while opening it for reading", truncate_while_reading, ALWAYS},
	{"read a file that is no library", read_other_files, WITH_LANDLOCK},
	{"make an internet socket", make_internet_socket, ALWAYS},
	{"make a Unix socket", make_unix_socket, ALWAYS},
	{"change a file's mode", change_mode, ALWAYS},
	{"make an anonymous file", make_anonymous_file, ALWAYS},
	{"use io_uring", use_io_uring, ALWAYS},
	{"make a user namespace", make_user_namespace, ALWAYS},
	{"trace another process", trace, ALWAYS},
	{"look at another process's limits", limit_another, ALWAYS},
	{"have signals sent to another process", own_signals, ALWAYS},
	{"start a process", start_process, IN_CHILD_OR_WITH_NOTIFY},
	{"signal another process", signal_another, IN_CHILD_OR_WITH_NOTIFY},
};

unsigned selftest_count(void) {
	return sizeof(acts) / sizeof(acts[0]);
}

const char *selftest_name(unsigned act) {
	return act < selftest_count() ? acts[act].name : NULL;
}

bool selftest_applies(const struct sandbox *sandbox, unsigned act, bool child) {
	if (sandbox->seccomp_error)
		return false;
	switch (acts[act].condition) {
	case ALWAYS:
		return true;
	case WITH_LANDLOCK:
		return sandbox->landlock.abi > 0;
	case IN_CHILD_OR_WITH_NOTIFY:
		return child || sandbox->notify;
	}
	return false;
}

int selftest_try(unsigned act) {
	return acts[act].act() < 0 ? errno : 0;
}

bool selftest_is_refusal(int error) {
	return error == EPERM || error == EACCES || error == ENOSYS;
}
