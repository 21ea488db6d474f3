/* SPDX-License-Identifier: MIT */
#include "readonly.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "landlock.h"

/* What any program of ours makes, however little it does. */
static const char *const any[] = {"brk", "clock_gettime", "close", "exit", "exit_group", "futex",
	"getpid", "madvise", "mmap", "mremap", "munmap", "read", "recvfrom", "recvmsg",
	"restart_syscall", "rt_sigprocmask", "rt_sigreturn", "sendmsg", "sendto", "write"};
/* glibc makes those with "at" alone, musl where it can those without. */
static const char *const looks[] = {
	"fstat", "lstat", "newfstatat", "readlink", "readlinkat", "stat", "statx"};

static int allow(scmp_filter_ctx filter, const char *const *names, size_t count) {
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		/* Below 0: this architecture has it not. */
		if (number >= 0)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	return r;
}

/* The call 'name', which has its flags in 'argument'. Nothing that it opens is made, changed or
 * written to. */
static int allow_opening(scmp_filter_ctx filter, const char *name, unsigned argument) {
	const struct scmp_arg_cmp reads = SCMP_CMP(
		argument, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND, O_RDONLY);
	int number = seccomp_syscall_resolve_name(name);

	return number < 0 ? 0 : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &reads);
}

static void filter_calls(enum readonly_kind kind) {
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!filter)
		return;
	int r = allow(filter, any, sizeof(any) / sizeof(any[0]));
	if (r == 0 && kind != READONLY_MEMORY)
		r = allow(filter, looks, sizeof(looks) / sizeof(looks[0]));
	if (r == 0 && kind != READONLY_MEMORY)
		r = allow_opening(filter, "openat", 2);
	if (r == 0 && kind != READONLY_MEMORY)
		r = allow_opening(filter, "open", 1);
	if (r == 0 && kind == READONLY_SEARCHES)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getdents64), 0);
	if (r == 0 && kind == READONLY_MEMORY)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(process_vm_readv), 0);
	if (r == 0)
		(void)seccomp_load(filter);
	seccomp_release(filter);
}

/* Of all that Landlock handles nothing but reading is left. In such a domain no process outside of
 * it can be looked into (landlock(7)): it is for files. */
static void restrict_files(void) {
	const struct landlock_policy policy = landlock_policy_for(landlock_probe());
	const struct {
		uint64_t fs, net, scoped;
	} handled = {policy.fs & ~policy.read & ~policy.execute, policy.net, policy.scoped};

	if (policy.abi < 1)
		return;
	cleanup_fd int ruleset =
		(int)syscall(SYS_landlock_create_ruleset, &handled, policy.attr_size, 0);
	if (ruleset >= 0)
		(void)syscall(SYS_landlock_restrict_self, ruleset, policy.flags);
}

void readonly_enter(enum readonly_kind kind) {
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (kind != READONLY_MEMORY)
		restrict_files();
	filter_calls(kind);
}
