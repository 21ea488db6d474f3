/* SPDX-License-Identifier: MIT */

/*
 * The filters against an expectation for every system call number, on both architectures and the
 * foreign ones. The table is the policy in words (docs/SECURITY.md), not the code's.
 */

#include <asm/termbits.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "bpf.h"
#include "loader_abi.h"
#include "sysfilter.h"

#define ALLOW	SECCOMP_RET_ALLOW
#define ASK	SECCOMP_RET_USER_NOTIF
#define KILL	SECCOMP_RET_KILL_PROCESS
#define FAIL(e) (SECCOMP_RET_ERRNO | (e))
/* Depends on the arguments; has cases of its own below. */
#define DEPENDS 1u

/* Allowed whatever the arguments, by name; what is in no list is refused. */
static const char allowed[] =
	" read readv pread64 preadv lseek close fstat newfstatat stat lstat statx access faccessat "
	"faccessat2 readlink readlinkat getcwd statfs fstatfs getdents64 write writev pwrite64 "
	"pwritev ftruncate fallocate shutdown mprotect "
	"munmap "
	"brk mremap madvise mincore mlock munlock pkey_alloc pkey_free pkey_mprotect "
	"set_robust_list "
	"rseq membarrier futex sched_yield set_tid_address gettid exit exit_group "
	"restart_syscall rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack rt_sigtimedwait "
	"rt_sigsuspend rt_sigpending pause clock_getres nanosleep gettimeofday time getcpu getpid "
	"getppid getuid geteuid getgid getegid getgroups getresuid getresgid getpgrp "
	"uname sysinfo getrusage times getrandom sched_getaffinity sched_getscheduler "
	"sched_getparam sched_get_priority_max sched_get_priority_min capget getrlimit "
	"get_mempolicy pipe pipe2 eventfd2 epoll_create1 epoll_ctl epoll_wait epoll_pwait poll "
	"ppoll "
	"select pselect6 timerfd_create timerfd_settime timerfd_gettime dup dup2 dup3 wait4 waitid "
	"close_range landlock_create_ruleset landlock_add_rule landlock_restrict_self mseal "
	"map_shadow_stack ";
static const char depends[] = " open openat mmap clone clock_gettime clock_nanosleep fcntl prctl "
			      "prlimit64 sched_setaffinity setsid ioctl recvmsg sendmsg "
			      "socketpair sendto recvfrom "
			      "arch_prctl getpgid getsid getpriority get_robust_list ";
static const char absent[] = " clone3 openat2 io_uring_setup io_uring_enter io_uring_register "
			     "userfaultfd memfd_secret epoll_pwait2 futex_waitv futex_wake "
			     "futex_wait futex_requeue statmount listmount ";
static const char idle[] = " fsync fdatasync ";
/* Of a zygote whose refusals are not recorded. */
static const char zygotes[] = " execve fork vfork kill tgkill tkill seccomp ";

static const uint32_t architectures[] = {SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64};

static bool is_in(const char *list, const char *name) {
	char word[80];

	snprintf(word, sizeof(word), " %s ", name);
	return strstr(list, word) != NULL;
}

static uint32_t run(
	const struct sysfilter *filter, uint32_t arch, int number, const uint64_t arguments[6]) {
	struct seccomp_data data = {.nr = number, .arch = arch};

	if (arguments)
		memcpy(data.args, arguments, sizeof(data.args));
	return bpf_run(filter, &data);
}

static uint32_t expected(enum sysfilter_kind kind, const char *name) {
	if (is_in(allowed, name))
		return ALLOW;
	if (is_in(depends, name))
		return DEPENDS;
	if (is_in(absent, name))
		return FAIL(ENOSYS);
	if (is_in(idle, name))
		return FAIL(0);
	if (kind == SYSFILTER_BASE_NOTIFY)
		return ASK;
	return is_in(zygotes, name) ? ALLOW : FAIL(EPERM);
}

static void check_numbers(enum sysfilter_kind kind, uint32_t arch) {
	struct sysfilter filter;
	int highest = 0;

	cr_assert_eq(sysfilter_build(&filter, kind, arch), 0);
	for (int number = 0; number < 1024; number++) {
		char *name = seccomp_syscall_resolve_num_arch(arch, number);

		if (name) {
			uint32_t want = expected(kind, name),
				 got = run(&filter, arch, number, NULL);

			cr_expect(want == DEPENDS || got == want, "%s (%d): %#x, not %#x", name,
				number, got, want);
			highest = number;
		}
		free(name);
	}
	for (int number = highest + 1; number < 5000; number++)
		cr_expect_eq(run(&filter, arch, number, NULL), FAIL(ENOSYS), "%d", number);
	cr_expect_eq(run(&filter, arch, 0x3fffffff, NULL), FAIL(ENOSYS));
	sysfilter_fini(&filter);
}

Test(sysfilter, judges_every_number) {
	for (int i = 0; i < 2; i++) {
		check_numbers(SYSFILTER_BASE_NOTIFY, architectures[i]);
		check_numbers(SYSFILTER_BASE_ERRNO, architectures[i]);
	}
}

Test(sysfilter, foreign_system_calls_kill) {
	for (int i = 0; i < 2; i++) {
		for (int kind = SYSFILTER_BASE_NOTIFY; kind <= SYSFILTER_TRACE; kind++) {
			struct sysfilter filter;

			cr_assert_eq(sysfilter_build(
					     &filter, (enum sysfilter_kind)kind, architectures[i]),
				0);
			for (int number = -1; number < 600; number++) {
				cr_expect_eq(run(&filter, AUDIT_ARCH_I386, number, NULL), KILL);
				cr_expect_eq(run(&filter, AUDIT_ARCH_ARM, number, NULL), KILL);
				cr_expect_eq(
					run(&filter, architectures[1 - i], number, NULL), KILL);
			}
			/* x32, whose numbers start at 2^30. */
			if (architectures[i] == SCMP_ARCH_X86_64) {
				for (int number = 0; number < 600; number++)
					cr_expect_eq(run(&filter, architectures[i],
							     0x40000000 | number, NULL),
						KILL);
			}
			sysfilter_fini(&filter);
		}
	}
}

struct fixture {
	struct sysfilter filter;
	uint32_t arch;
	uint32_t refused;
};

static uint32_t call(const struct fixture *fixture, const char *name, uint64_t a, uint64_t b,
	uint64_t c, uint64_t d) {
	const uint64_t arguments[6] = {a, b, c, d, 0, 0};

	return run(&fixture->filter, fixture->arch,
		seccomp_syscall_resolve_name_arch(fixture->arch, name), arguments);
}

#define HIGH UINT64_C(0xffffffff00000000)

static void check_open(const struct fixture *f) {
	uint32_t refused = f->refused == ASK ? ASK : FAIL(EACCES);
	static const uint32_t harmless[] = {O_RDONLY, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW,
		O_NONBLOCK, O_PATH, O_LARGEFILE, O_NOCTTY, O_DIRECTORY | O_CLOEXEC};
	static const uint32_t harmful[] = {O_WRONLY, O_RDWR, 3, O_CREAT, O_TRUNC,
		O_RDONLY | O_TRUNC, O_TMPFILE, O_TMPFILE | O_RDWR, O_CREAT | O_EXCL | O_CLOEXEC};

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		cr_expect_eq(call(f, "openat", 0, 0, harmless[i], 0), ALLOW, "%#o", harmless[i]);
		cr_expect_eq(call(f, "openat", 0, 0, HIGH | harmless[i], 0), ALLOW);
	}
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
		cr_expect_eq(call(f, "openat", 0, 0, harmful[i], 0), refused, "%#o", harmful[i]);
		cr_expect_eq(call(f, "openat", 0, 0, HIGH | harmful[i], 0), refused);
		if (f->arch == SCMP_ARCH_X86_64)
			cr_expect_eq(call(f, "open", 0, harmful[i], 0, 0), refused);
	}
}

static void check_memory(const struct fixture *f) {
	const uint64_t both = MAP_SHARED | MAP_ANONYMOUS;

	cr_expect_eq(call(f, "mmap", 0, 0, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK), ALLOW);
	cr_expect_eq(call(f, "mmap", 0, 0, 7, MAP_PRIVATE | MAP_FIXED | MAP_DENYWRITE), ALLOW);
	cr_expect_eq(call(f, "mmap", 0, 0, 0, MAP_SHARED), ALLOW);
	cr_expect_eq(call(f, "mmap", 0, 0, 0, 0x08 | MAP_ANONYMOUS), ALLOW, "MAP_DROPPABLE");
	cr_expect_eq(call(f, "mmap", 0, 0, 0, both), f->refused);
	cr_expect_eq(call(f, "mmap", 0, 0, 0, both | MAP_NORESERVE | MAP_FIXED), f->refused);
	cr_expect_eq(call(f, "mmap", 0, 0, 0, HIGH | both), f->refused);
	cr_expect_eq(call(f, "mmap", 0, 0, 0, MAP_PRIVATE | MAP_GROWSDOWN), f->refused);
	cr_expect_eq(
		call(f, "mmap", 0, 0, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN), f->refused);
}

static void check_processes(const struct fixture *f) {
	static const uint64_t processes[] = {CLONE_VM | CLONE_VFORK | SIGCHLD,
		CLONE_NEWUSER | SIGCHLD, CLONE_NEWNS, CLONE_NEWNET | 0x3d0f00,
		0x3d0f00 | CLONE_PTRACE, CLONE_PARENT | SIGCHLD, 0x3d0f00 & ~CLONE_THREAD,
		0x3d0f00 | CLONE_UNTRACED, CLONE_THREAD, 0};
	const uint64_t token = LOADER_AFFINITY_PLACEHOLDER;
	uint32_t fork_call = f->refused == ASK ? ASK : ALLOW;

	cr_expect_eq(call(f, "clone", 0x3d0f00, 0, 0, 0), ALLOW, "glibc's threads");
	cr_expect_eq(call(f, "clone", 0x7d0f00, 0, 0, 0), ALLOW, "musl's threads");
	cr_expect_eq(call(f, "clone", 0x50f00, 0, 0, 0), ALLOW, "Go's threads");
	cr_expect_eq(call(f, "clone", 0x1200011, 0, 0, 0), fork_call, "fork()");
	cr_expect_eq(call(f, "clone", SIGCHLD, 0, 0, 0), fork_call, "fork()");
	for (size_t i = 0; i < sizeof(processes) / sizeof(processes[0]); i++)
		cr_expect_eq(call(f, "clone", processes[i], 0, 0, 0), f->refused, "%#lx",
			(unsigned long)processes[i]);
	cr_expect_eq(call(f, "setsid", LOADER_SETSID_TOKEN, 0, 0, 0), ALLOW, "the child's own");
	cr_expect_eq(call(f, "setsid", 0, 0, 0, 0), f->refused);
	cr_expect_eq(call(f, "setsid", HIGH | LOADER_SETSID_TOKEN, 0, 0, 0), f->refused);
	cr_expect_eq(call(f, "sched_setaffinity", 0, 8, 0, token), ALLOW, "the child's own");
	cr_expect_eq(call(f, "sched_setaffinity", 1, 8, 0, token), f->refused);
	cr_expect_eq(call(f, "sched_setaffinity", 0, 8, 0, (uint32_t)token), f->refused);
	cr_expect_eq(call(f, "sched_setaffinity", 0, 8, 0, 0), f->refused);
	cr_expect_eq(call(f, "sched_setaffinity", 1, 8, 0, 0), f->refused);
}

static void check_limits(const struct fixture *f) {
	cr_expect_eq(call(f, "prlimit64", 0, 3, 0, 1), ALLOW, "asking");
	cr_expect_eq(call(f, "prlimit64", 0, 0, 1, 0), ALLOW, "lowering processor time");
	cr_expect_eq(call(f, "prlimit64", 0, 7, 1, 0), ALLOW, "lowering descriptors");
	cr_expect_eq(call(f, "prlimit64", 0, 9, 1, 0), ALLOW, "and all others, of its own");
	cr_expect_eq(call(f, "prlimit64", 0, RLIMIT_CORE, 0, 1), ALLOW, "asking");
	cr_expect_eq(call(f, "prlimit64", 0, RLIMIT_CORE, 1, 0), FAIL(0), "but for core files");
	cr_expect_eq(call(f, "prlimit64", 0, HIGH | RLIMIT_CORE, HIGH, 0), FAIL(0));
	cr_expect_eq(call(f, "prlimit64", 0, RLIM_NLIMITS, 0, 1), f->refused);
	cr_expect_eq(call(f, "prlimit64", 1, 3, 0, 1), f->refused, "asking of another");
	cr_expect_eq(call(f, "prlimit64", 1, 0, 1, 0), f->refused);
	cr_expect_eq(call(f, "clock_gettime", CLOCK_MONOTONIC, 0, 0, 0), ALLOW);
	cr_expect_eq(call(f, "clock_gettime", (uint32_t)-6, 0, 0, 0), f->refused);
	cr_expect_eq(call(f, "clock_nanosleep", (uint32_t)-6, 0, 0, 0), f->refused);
}

static void check_descriptors(const struct fixture *f) {
	static const uint64_t refused[] = {F_SETOWN, 10 /* F_SETSIG */, 15 /* F_SETOWN_EX */,
		F_SETLK, F_SETLKW, F_GETLK, F_NOTIFY, F_SETLEASE, 1031 /* F_SETPIPE_SZ */, 36, 37,
		38};

	cr_expect_eq(call(f, "fcntl", 0, F_GETFL, 0, 0), ALLOW);
	cr_expect_eq(call(f, "fcntl", 0, F_DUPFD_CLOEXEC, 0, 0), ALLOW);
	cr_expect_eq(call(f, "fcntl", 0, F_ADD_SEALS, F_SEAL_WRITE, 0), ALLOW);
	cr_expect_eq(call(f, "fcntl", 0, F_SETFL, O_NONBLOCK, 0), ALLOW);
	cr_expect_eq(call(f, "fcntl", 0, F_SETFL, O_NONBLOCK | O_ASYNC, 0), f->refused);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		cr_expect_eq(call(f, "fcntl", 0, refused[i], 0, 0), f->refused);
		cr_expect_eq(call(f, "fcntl", 0, HIGH | refused[i], 0, 0), f->refused);
	}
	cr_expect_eq(call(f, "ioctl", 1, TCGETS, 0, 0), ALLOW);
	cr_expect_eq(call(f, "ioctl", 1, LOADER_PROCMAP_QUERY, 0, 0), ALLOW);
	cr_expect_eq(call(f, "ioctl", 1, TIOCSTI, 0, 0), f->refused);
	cr_expect_eq(call(f, "ioctl", 1, HIGH | TIOCSTI, 0, 0), f->refused);
	cr_expect_eq(call(f, "ioctl", 1, FIOASYNC, 0, 0), f->refused);
	cr_expect_eq(call(f, "sendmsg", LOADER_FD_CONTROL, 0, 0, 0), f->refused);
	cr_expect_eq(call(f, "sendmsg", LOADER_FD_CONTROL + 1, 0, 0, LOADER_AFFINITY_PLACEHOLDER),
		f->refused);
	/* The listener, where there is one. */
	cr_expect_eq(call(f, "sendmsg", LOADER_FD_CONTROL, 0, 0, LOADER_AFFINITY_PLACEHOLDER),
		f->refused == FAIL(EPERM) ? f->refused : ALLOW);
	cr_expect_eq(call(f, "recvmsg", LOADER_FD_CONTROL, 0, 0, 0), ALLOW);
	cr_expect_eq(call(f, "recvmsg", LOADER_FD_CONTROL + 1, 0, 0, 0), f->refused);
	cr_expect_eq(call(f, "sendmsg", 0, 0, 0, 0), f->refused);
}

/* With the five arguments of sendto(2). */
static uint32_t send_to(const struct fixture *f, uint64_t flags, uint64_t address) {
	const uint64_t arguments[6] = {4, 0, 1, flags, address, 0};

	return run(&f->filter, f->arch, seccomp_syscall_resolve_name_arch(f->arch, "sendto"),
		arguments);
}

static void check_pairs(const struct fixture *f) {
	cr_expect_eq(call(f, "socketpair", AF_UNIX, SOCK_STREAM, 0, 0), ALLOW);
	cr_expect_eq(call(f, "socketpair", AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, 0), ALLOW);
	cr_expect_eq(call(f, "socketpair", AF_INET, SOCK_STREAM, 0, 0), f->refused);
	cr_expect_eq(call(f, "socketpair", HIGH | AF_NETLINK, SOCK_RAW, 0, 0), f->refused);
	cr_expect_eq(call(f, "socket", AF_UNIX, SOCK_STREAM, 0, 0), f->refused);
	cr_expect_eq(send_to(f, MSG_NOSIGNAL, 0), ALLOW);
	cr_expect_eq(send_to(f, MSG_OOB, 0), f->refused);
	cr_expect_eq(send_to(f, HIGH | MSG_OOB, 0), f->refused);
	cr_expect_eq(send_to(f, 0, 1), f->refused, "to somebody else");
	cr_expect_eq(send_to(f, 0, UINT64_C(1) << 32), f->refused);
	cr_expect_eq(call(f, "recvfrom", 4, 0, 1, MSG_PEEK), ALLOW);
	cr_expect_eq(call(f, "recvfrom", 4, 0, 1, MSG_OOB), f->refused);
	cr_expect_eq(call(f, "bind", 4, 0, 0, 0), f->refused);
	cr_expect_eq(call(f, "connect", 4, 0, 0, 0), f->refused);
	cr_expect_eq(call(f, "memfd_create", 0, 0, 0, 0), f->refused);
}

static void check_questions(const struct fixture *f) {
	static const char *const names[] = {"getpgid", "getsid", "get_robust_list"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cr_expect_eq(call(f, names[i], 0, 1, 0, 0), ALLOW, "of itself");
		cr_expect_eq(call(f, names[i], HIGH, 0, 0, 0), ALLOW, "the same to the kernel");
		cr_expect_eq(call(f, names[i], 1, 0, 0, 0), f->refused, "of another");
	}
	cr_expect_eq(call(f, "getpriority", 1, 0, 0, 0), ALLOW);
	cr_expect_eq(call(f, "getpriority", 0, 1, 0, 0), f->refused);
	cr_expect_eq(call(f, "getpriority", 0, HIGH | 1, 0, 0), f->refused);
}

static void check_prctl(const struct fixture *f) {
	static const uint64_t refused[] = {PR_SET_SECCOMP, PR_SET_DUMPABLE, PR_SET_PTRACER,
		PR_SET_MM, PR_SET_CHILD_SUBREAPER, PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS,
		PR_CAPBSET_DROP, 59, 62};

	cr_expect_eq(call(f, "prctl", PR_SET_NAME, 0, 0, 0), FAIL(0), "it keeps its name");
	cr_expect_eq(call(f, "prctl", HIGH | PR_SET_NAME, 0, 0, 0), FAIL(0));
	cr_expect_eq(call(f, "prctl", PR_CAPBSET_READ, 0, 0, 0), ALLOW);
	cr_expect_eq(call(f, "prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0), ALLOW);
	cr_expect_eq(call(f, "prctl", PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0), ALLOW);
	cr_expect_eq(call(f, "prctl", PR_SET_PTRACER, 1, 0, 0), f->refused);
	cr_expect_eq(call(f, "prctl", PR_SET_PDEATHSIG, 0, 0, 0), f->refused);
	cr_expect_eq(call(f, "prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0), ALLOW);
	cr_expect_eq(call(f, "prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0), f->refused);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		cr_expect_eq(call(f, "prctl", refused[i], 0, 0, 0), f->refused);
		cr_expect_eq(call(f, "prctl", HIGH | refused[i], 0, 0, 0), f->refused);
	}
	if (f->arch == SCMP_ARCH_X86_64) {
		cr_expect_eq(call(f, "arch_prctl", 0x1002, 0, 0, 0), ALLOW);
		cr_expect_eq(call(f, "arch_prctl", 0x5004, 0, 0, 0), f->refused);
	}
}

Test(sysfilter, judges_arguments) {
	for (int i = 0; i < 4; i++) {
		enum sysfilter_kind kind = i & 1 ? SYSFILTER_BASE_ERRNO : SYSFILTER_BASE_NOTIFY;
		struct fixture fixture = {
			.arch = architectures[i / 2], .refused = i & 1 ? FAIL(EPERM) : ASK};

		cr_assert_eq(sysfilter_build(&fixture.filter, kind, fixture.arch), 0);
		check_open(&fixture);
		check_memory(&fixture);
		check_processes(&fixture);
		check_limits(&fixture);
		check_descriptors(&fixture);
		check_pairs(&fixture);
		check_questions(&fixture);
		check_prctl(&fixture);
		sysfilter_fini(&fixture.filter);
	}
}

/* S2, on top of S1 where refusals are not recorded. */
Test(sysfilter, a_load_child_gives_up_what_only_its_start_needed) {
	static const char *const refused[] = {"execve", "close_range", "landlock_create_ruleset",
		"landlock_add_rule", "landlock_restrict_self", "seccomp", "recvmsg", "sendmsg",
		"setsid"};

	for (int i = 0; i < 2; i++) {
		struct fixture f = {.arch = architectures[i]};

		cr_assert_eq(sysfilter_build(&f.filter, SYSFILTER_CHILD, f.arch), 0);
		for (size_t j = 0; j < sizeof(refused) / sizeof(refused[0]); j++)
			cr_expect_eq(
				call(&f, refused[j], 0, 0, 0, 0), FAIL(EPERM), "%s", refused[j]);
		cr_expect_eq(call(&f, "seccomp", 1, 0, 0, LOADER_TRAP_TOKEN), ALLOW);
		cr_expect_eq(call(&f, "seccomp", 1, 8, 0, LOADER_TRAP_TOKEN), FAIL(EPERM),
			"with a listener");
		const uint64_t own = LOADER_PID_PLACEHOLDER;
		static const char *const signals[] = {"kill", "tgkill", "tkill"};
		for (size_t j = 0; j < 3; j++) {
			cr_expect_eq(call(&f, signals[j], own, 9, 0, 0), ALLOW);
			cr_expect_eq(call(&f, signals[j], own + 1, 9, 0, 0), FAIL(EPERM));
			cr_expect_eq(call(&f, signals[j], HIGH | own, 9, 0, 0), FAIL(EPERM));
			cr_expect_eq(call(&f, signals[j], (uint32_t)-1, 9, 0, 0), FAIL(EPERM));
			cr_expect_eq(call(&f, signals[j], 0, 9, 0, 0), FAIL(EPERM));
		}
		cr_expect_eq(call(&f, "clone", 0x3d0f00, 0, 0, 0), ALLOW);
		cr_expect_eq(call(&f, "clone", 0x1200011, 0, 0, 0), FAIL(EPERM));
		cr_expect_eq(call(&f, "clone", SIGCHLD, 0, 0, 0), FAIL(EPERM));
		cr_expect_eq(call(&f, "prctl", PR_SET_PDEATHSIG, 9, 0, 0), FAIL(EPERM));
		cr_expect_eq(call(&f, "prlimit64", 0, 0, 1, 0), ALLOW);
		cr_expect_eq(call(&f, "prlimit64", 0, 0, 0, 1), ALLOW);
		cr_expect_eq(call(&f, "read", 0, 0, 0, 0), ALLOW);
		sysfilter_fini(&f.filter);
	}
}

Test(sysfilter, a_trace_may_execute_its_program) {
	static const char *const refused[] = {"close_range", "landlock_create_ruleset", "seccomp",
		"recvmsg", "sendmsg", "setsid"};

	for (int i = 0; i < 2; i++) {
		struct fixture f = {.arch = architectures[i]};

		cr_assert_eq(sysfilter_build(&f.filter, SYSFILTER_TRACE, f.arch), 0);
		cr_expect_eq(call(&f, "execve", 0, 0, 0, 0), ALLOW);
		for (size_t j = 0; j < sizeof(refused) / sizeof(refused[0]); j++)
			cr_expect_eq(
				call(&f, refused[j], 0, 0, 0, 0), FAIL(EPERM), "%s", refused[j]);
		cr_expect_eq(call(&f, "kill", LOADER_PID_PLACEHOLDER, 9, 0, 0), ALLOW);
		cr_expect_eq(call(&f, "kill", 1, 9, 0, 0), FAIL(EPERM));
		cr_expect_eq(call(&f, "clone", SIGCHLD, 0, 0, 0), FAIL(EPERM));
		sysfilter_fini(&f.filter);
	}
}
