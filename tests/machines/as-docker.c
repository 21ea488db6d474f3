/* SPDX-License-Identifier: MIT */

/*
 * Runs a program under a system call filter such as container engines put around everything: what
 * is not on a list fails with EPERM. Not the list itself, which is long; what matters here of it:
 * no namespaces, mounts, keys, tracing of the kernel, io_uring, and no new system calls but with
 * ENOSYS.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <unistd.h>

static const char *const refused[] = {"acct", "add_key", "bpf", "delete_module", "fanotify_init",
	"finit_module", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup",
	"kexec_load", "keyctl", "mount", "move_mount", "name_to_handle_at", "nfsservctl",
	"open_by_handle_at", "open_tree", "perf_event_open", "pivot_root", "quotactl", "reboot",
	"request_key", "setns", "swapoff", "swapon", "umount2", "unshare", "userfaultfd"};

int main(int argc, char **argv) {
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter && argc > 1 ? 0 : -EINVAL;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]) && r == 0; i++) {
		int number = seccomp_syscall_resolve_name(refused[i]);

		if (number >= 0)
			r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
	}
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (r == 0)
		r = seccomp_load(filter);
	if (r < 0) {
		fprintf(stderr, "as-docker: %d\n", r);
		return 1;
	}
	seccomp_release(filter);
	execvp(argv[1], argv + 1);
	return 127;
}
