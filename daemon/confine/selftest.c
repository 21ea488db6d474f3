/* SPDX-License-Identifier: MIT */
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "loadenv.h"
#include "sandbox.h"

/* The acts. Where one succeeds, no file, process or setting is different after it: they are tried
 * where there may be no sandbox, by root. What is known to fail for another reason than the
 * sandbox's has succeeded. */

static long open_for_writing(void) {
	return open("/dev/null", O_WRONLY);
}

static long truncate_while_reading(void) {
	return open("/dev/null", O_RDONLY | O_TRUNC);
}

static long make_internet_socket(void) {
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long make_unix_socket(void) {
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

/* Of no file, since none has an empty name: to be told so is to get beyond the filter. */
static long change_mode(void) {
	return chmod("", 0) == 0 || errno == ENOENT ? 0 : -1;
}

/* Of pages that others need; of others a load may have some. */
static long make_anonymous_file(void) {
	return syscall(SYS_memfd_create, "x", MFD_HUGETLB);
}

static long use_io_uring(void) {
	return syscall(SYS_io_uring_setup, 1, NULL) >= 0 || errno == EFAULT ? 0 : -1;
}

/* None at all: in a new one the acts after this would be others. */
static long make_namespaces(void) {
	return unshare(0);
}

/* Of no process. One that is seized, and not attached to, would not be stopped either. */
static long trace(void) {
	return ptrace(PTRACE_SEIZE, -1, NULL, NULL) == 0 || errno == ESRCH ? 0 : -1;
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
	long (*act)(void); /* NULL: to read what cannot be read */
	enum condition condition;
} acts[] = {
	{"open a file for writing", open_for_writing, ALWAYS},
	{"empty a file while opening it for reading", truncate_while_reading, ALWAYS},
	{"read a file that is no library", NULL, WITH_LANDLOCK},
	{"make an internet socket", make_internet_socket, ALWAYS},
	{"make a Unix socket", make_unix_socket, ALWAYS},
	{"change a file's mode", change_mode, ALWAYS},
	{"make an anonymous file of huge pages", make_anonymous_file, ALWAYS},
	{"use io_uring", use_io_uring, ALWAYS},
	{"make a namespace", make_namespaces, ALWAYS},
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

static bool has_rule(const struct loadenv *env, const char *path) {
	struct stat status;

	if (stat(path, &status) < 0)
		return false;
	for (size_t i = 0; i < env->rules_count; i++) {
		const struct loadenv_rule *rule = &env->rules[i];

		if (rule->exists && rule->dev == status.st_dev && rule->ino == status.st_ino)
			return true;
	}
	return false;
}

/* Whether a rule is about this file or a directory above it. As Landlock does, files are compared
 * and not paths, since there may be several to one. True if there is no such file. */
static bool is_covered(const struct loadenv *env, const char *path) {
	cleanup_free char *real = realpath(path, NULL);

	while (real && !has_rule(env, real)) {
		char *slash = strrchr(real, '/');

		if (real[1] == '\0')
			return false;
		slash[slash == real] = '\0';
	}
	return true;
}

const char *selftest_find_unreadable(const struct loadenv *env) {
	/* Where /etc is a root, / is not; where / is one, nothing is left to be tried. */
	static const char *const candidates[] = {"/etc/hostname", "/"};

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (!is_covered(env, candidates[i]))
			return candidates[i];
	}
	return NULL;
}

bool selftest_applies(const struct sandbox *sandbox, const char *unreadable, unsigned act,
	enum selftest_place place) {
	if (sandbox->seccomp_error)
		return false;
	switch (acts[act].condition) {
	case ALWAYS:
		return true;
	case WITH_LANDLOCK:
		return sandbox->landlock.abi > 0 && unreadable;
	case IN_CHILD_OR_WITH_NOTIFY:
		return place == SELFTEST_IN_CHILD || sandbox->notify;
	}
	return false;
}

bool selftest_can_be_tried(const char *unreadable, unsigned act) {
	return acts[act].act || unreadable;
}

int selftest_try(const char *unreadable, unsigned act) {
	long (*function)(void) = acts[act].act;
	long r = function ? function() : open(unreadable, O_RDONLY);

	return r < 0 ? errno : 0;
}

bool selftest_is_untried(unsigned act, int error) {
	return acts[act].condition == WITH_LANDLOCK &&
	       (error == EMFILE || error == ENFILE || error == ENOMEM);
}

bool selftest_is_refusal(int error) {
	return error == EPERM || error == EACCES || error == ENOSYS;
}
