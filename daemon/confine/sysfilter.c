/* SPDX-License-Identifier: MIT */
#include "sysfilter.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "loader_abi.h"
#include "sysprogram.h"

/* Allowed whatever the arguments. Names that an architecture lacks are skipped there. */
/* clang-format off */
static const char *const allowed[] = {
	/* reading files */
	"read", "readv", "pread64", "preadv", "lseek", "close", "fstat", "newfstatat", "stat",
	"lstat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd",
	"statfs", "fstatfs", "getdents64",
	/* writing to what is open: output pipe, channel, and what it has made for itself alone: nothing
	 * else is open for writing */
	"write", "writev", "pwrite64", "pwritev", "ftruncate", "fallocate", "shutdown",
	/* memory; W^X is no aim, some libraries patch code while they load */
	"mprotect", "munmap", "brk", "mremap", "madvise", "mincore", "mlock", "munlock",
	"pkey_alloc", "pkey_free", "pkey_mprotect", "mseal", "map_shadow_stack",
	/* threads */
	"set_robust_list", "rseq", "membarrier", "futex", "sched_yield",
	"set_tid_address", "gettid", "exit", "exit_group", "restart_syscall",
	/* signals */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "rt_sigtimedwait",
	"rt_sigsuspend", "rt_sigpending", "pause",
	/* time */
	"clock_getres", "nanosleep", "gettimeofday", "time", "getcpu",
	/* who and where */
	"getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getresuid",
	"getresgid", "getpgrp", "uname", "sysinfo", "getrusage", "times",
	"getrandom", "sched_getaffinity", "sched_getscheduler", "sched_getparam",
	"sched_get_priority_max", "sched_get_priority_min", "capget", "getrlimit",
	"get_mempolicy",
	/* events */
	"pipe", "pipe2", "eventfd2", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"poll", "ppoll", "select", "pselect6", "timerfd_create", "timerfd_settime",
	"timerfd_gettime", "dup", "dup2", "dup3",
	/* a child's own set-up; afterwards they can only take more from it, or do nothing */
	"wait4", "waitid", "close_range", "landlock_create_ruleset",
	"landlock_add_rule", "landlock_restrict_self",
};
/* clang-format on */

/* What the zygote does that its children may not. Who asks cannot be told by a filter; the daemon
 * can tell, and where it is not asked a child takes these from itself. */
/* clang-format off */
static const char *const zygote_only[] = {
	"execve", "fork", "vfork", "kill", "tgkill", "tkill", "seccomp",
};
/* clang-format on */

/* Refused as if the kernel were older, so that callers take their other way: glibc starts threads
 * with clone() only if clone3() says ENOSYS. */
/* clang-format off */
static const char *const absent[] = {
	"clone3", "openat2", "io_uring_setup", "io_uring_enter", "io_uring_register",
	"userfaultfd", "memfd_secret", "epoll_pwait2", "futex_waitv", "futex_wake", "futex_wait",
	"futex_requeue", "statmount", "listmount",
};
/* clang-format on */

/* Said to be done, and not: nothing is open that could be written to a disk. Who is told that it
 * cannot be done tries again (koffi, without end). */
/* clang-format off */
static const char *const idle[] = {"fsync", "fdatasync"};
/* clang-format on */

/* What a load child denies itself on top. */
/* clang-format off */
static const char *const child_refused[] = {
	"fork", "vfork", "setsid", "close_range", "landlock_create_ruleset",
	"landlock_add_rule", "landlock_restrict_self", "recvmsg", "sendmsg",
};
/* clang-format on */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
/* int and unsigned parameters: the kernel looks at the low word alone, and so must a rule. */
#define LOW_WORD     UINT64_C(0xffffffff)
#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)

struct builder {
	scmp_filter_ctx context;
	bool notify; /* what is refused asks the daemon */
	uint32_t arch;
	int error; /* the first one; the rest of the rules are then skipped */
};

static void add_rule(struct builder *builder, uint32_t action, const char *name, unsigned count,
	const struct scmp_arg_cmp *arguments) {
	if (builder->error)
		return;
	/* A system call that this architecture or this libseccomp does not know is refused by
	 * default. */
	int number = seccomp_syscall_resolve_name_arch(builder->arch, name);
	if (number < 0)
		return;
	/* The native number stands for the system call of that name on every architecture. */
	number = seccomp_syscall_resolve_name(name);
	builder->error = seccomp_rule_add_array(builder->context, action, number, count, arguments);
}

static void add_names(
	struct builder *builder, uint32_t action, const char *const *names, size_t count) {
	for (size_t i = 0; i < count; i++)
		add_rule(builder, action, names[i], 0, NULL);
}

static void add_one(
	struct builder *builder, uint32_t action, const char *name, struct scmp_arg_cmp argument) {
	add_rule(builder, action, name, 1, &argument);
}

/* Allows 'name' when the low word of argument 'index' is one of 'values'. */
static void allow_values(struct builder *builder, const char *name, unsigned index,
	const uint32_t *values, size_t count) {
	for (size_t i = 0; i < count; i++)
		add_one(builder, SCMP_ACT_ALLOW, name,
			SCMP_CMP64(index, SCMP_CMP_MASKED_EQ, LOW_WORD, values[i]));
}

/* Opening for reading alone. Landlock before ABI 3 does not stop O_TRUNC. */
static void add_open(struct builder *builder, const char *name, unsigned flags_index) {
	static const uint32_t bits[] = {1, 2, O_CREAT, O_TRUNC, O_TMPFILE & ~O_DIRECTORY};
	uint32_t all = 0;

	for (size_t i = 0; i < LENGTH(bits); i++) {
		all |= bits[i];
		/* By default it is EPERM, and a question where the daemon is asked. */
		if (!builder->notify)
			add_one(builder, SCMP_ACT_ERRNO(EACCES), name,
				SCMP_CMP64(flags_index, SCMP_CMP_MASKED_EQ, bits[i], bits[i]));
	}
	add_one(builder, SCMP_ACT_ALLOW, name, SCMP_CMP64(flags_index, SCMP_CMP_MASKED_EQ, all, 0));
}

/* Shared anonymous memory can be there without being mapped, and be seen by nobody who looks at
 * what is; what grows by itself grows without a call. Other flags pass: the kernel itself asks for
 * some through the vDSO. */
static void add_mmap(struct builder *builder) {
	const uint32_t looked_at = MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN;
	static const uint32_t fine[] = {0, MAP_SHARED, MAP_ANONYMOUS};

	for (size_t i = 0; i < LENGTH(fine); i++)
		add_one(builder, SCMP_ACT_ALLOW, "mmap",
			SCMP_CMP64(3, SCMP_CMP_MASKED_EQ, looked_at, fine[i]));
}

/* Threads, of glibc (0x3d0f00), musl (0x7d0f00) and Go (0x50f00). */
static struct scmp_arg_cmp thread_flags(void) {
	const uint32_t optional = CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
				  CLONE_CHILD_CLEARTID | CLONE_DETACHED | CLONE_CHILD_SETTID;

	return SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD & ~optional, THREAD_FLAGS);
}

static void add_clone(struct builder *builder) {
	const uint32_t fork_flags = SIGCHLD | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;

	add_one(builder, SCMP_ACT_ALLOW, "clone", thread_flags());
	if (builder->notify)
		return;
	/* fork() by glibc or musl. */
	add_one(builder, SCMP_ACT_ALLOW, "clone",
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, fork_flags));
	add_one(builder, SCMP_ACT_ALLOW, "clone",
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, SIGCHLD));
}

/* Clocks of processes and devices have negative ids (clock_gettime(2), clock_getcpuclockid(3)). */
static void add_clock(struct builder *builder, const char *name) {
	add_one(builder, SCMP_ACT_ALLOW, name,
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, UINT64_C(0x80000000), 0));
}

static void add_fcntl(struct builder *builder) {
	/* Not F_SETOWN, F_SETSIG, F_NOTIFY, F_SETLEASE: they send signals to any process. */
	static const uint32_t commands[] = {
		F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC, F_ADD_SEALS, F_GET_SEALS};
	struct scmp_arg_cmp set_flags[] = {
		SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, LOW_WORD, F_SETFL),
		SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, O_ASYNC, 0),
	};

	allow_values(builder, "fcntl", 1, commands, LENGTH(commands));
	add_rule(builder, SCMP_ACT_ALLOW, "fcntl", 2, set_flags);
}

static void add_prctl(struct builder *builder) {
	static const uint32_t options[] = {PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_GET_NAME,
		PR_GET_SECCOMP, PR_CAPBSET_READ, PR_GET_SECUREBITS, PR_GET_TIMERSLACK,
		PR_GET_NO_NEW_PRIVS, PR_GET_THP_DISABLE, 0x53564d41 /* PR_SET_VMA */};
	static const uint32_t arm[] = {51 /* PR_SVE_GET_VL */, 54 /* PR_PAC_RESET_KEYS */,
		55 /* PR_SET_TAGGED_ADDR_CTRL */, 56 /* PR_GET_TAGGED_ADDR_CTRL */,
		64 /* PR_SME_GET_VL */};
	struct scmp_arg_cmp ambient[] = {
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, PR_CAP_AMBIENT),
		SCMP_CMP64(1, SCMP_CMP_EQ, PR_CAP_AMBIENT_IS_SET),
	};
	/* Dying with the zygote can be asked for, not taken back. */
	struct scmp_arg_cmp die[] = {
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, PR_SET_PDEATHSIG),
		SCMP_CMP64(1, SCMP_CMP_EQ, SIGKILL),
	};

	/* Where Yama guards processes, those of the daemon's that read what a load was refused are
	 * not above it (Documentation/admin-guide/LSM/Yama.rst). */
	struct scmp_arg_cmp be_read[] = {
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, PR_SET_PTRACER),
		SCMP_CMP64(1, SCMP_CMP_EQ, PR_SET_PTRACER_ANY),
	};

	allow_values(builder, "prctl", 0, options, LENGTH(options));
	if (builder->arch == SCMP_ARCH_AARCH64)
		allow_values(builder, "prctl", 0, arm, LENGTH(arm));
	else
		allow_values(builder, "prctl", 0, &arm[3], 1);
	add_rule(builder, SCMP_ACT_ALLOW, "prctl", 2, ambient);
	add_rule(builder, SCMP_ACT_ALLOW, "prctl", 2, die);
	add_rule(builder, SCMP_ACT_ALLOW, "prctl", 2, be_read);
	/* Threads have names for people alone. The kernel prints that of a process that crashes
	 * into its log, whatever characters it has; so they all keep the loader's. */
	add_one(builder, SCMP_ACT_ERRNO(0), "prctl",
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, PR_SET_NAME));
}

/* Asked of itself, by the number that stands for that: a filter knows no other. Processors and
 * scheduling can be asked of any, since the C library asks for those of a thread by its number
 * (pthread_getattr_np(3), pthread_getschedparam(3)) and fails if it is refused. */
static void add_questions(struct builder *builder) {
	static const struct {
		const char *name;
		unsigned index; /* of the argument that says of whom */
	} questions[] = {{"getpgid", 0}, {"getsid", 0}, {"get_robust_list", 0}, {"getpriority", 1}};
	const uint32_t itself = 0;

	for (size_t i = 0; i < LENGTH(questions); i++)
		allow_values(builder, questions[i].name, questions[i].index, &itself, 1);
}

/* Of its own, which it can only lower, since it has no capability to raise any: the child lowers
 * two. The limit of core files stays 1: with 0 a program that the kernel pipes them to would get
 * one all the same (core(5)). Sanitizers want none, and are told that there will be none. */
static void add_limit(struct builder *builder, uint32_t resource) {
	const struct scmp_arg_cmp get[] = {
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, 0),
		SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, LOW_WORD, resource),
		SCMP_CMP64(2, SCMP_CMP_EQ, 0),
	};
	const struct scmp_arg_cmp set[] = {get[0], get[1], SCMP_CMP64(2, SCMP_CMP_NE, 0)};

	if (resource != RLIMIT_CORE) {
		add_rule(builder, SCMP_ACT_ALLOW, "prlimit64", 2, get);
		return;
	}
	add_rule(builder, SCMP_ACT_ALLOW, "prlimit64", LENGTH(get), get);
	add_rule(builder, SCMP_ACT_ERRNO(0), "prlimit64", LENGTH(set), set);
}

static void add_limits(struct builder *builder) {
	const struct scmp_arg_cmp own = SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, 0);

	for (uint32_t resource = 0; resource < RLIM_NLIMITS; resource++)
		add_limit(builder, resource);
	struct scmp_arg_cmp stay[] = {own, SCMP_CMP64(3, SCMP_CMP_EQ, LOADER_AFFINITY_PLACEHOLDER)};
	add_rule(builder, SCMP_ACT_ALLOW, "sched_setaffinity", 2, stay);
	add_one(builder, SCMP_ACT_ALLOW, "setsid", SCMP_CMP64(0, SCMP_CMP_EQ, LOADER_SETSID_TOKEN));
}

/* The zygote gets its children's descriptors over the control socket, and sends the listener of
 * this filter before it is executed, with a number that is in no memory after that: a child has its
 * channel there, and descriptors on their way count against all that its user may send. */
static void add_messages(struct builder *builder) {
	const struct scmp_arg_cmp control =
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, LOADER_FD_CONTROL);
	const struct scmp_arg_cmp listener[] = {
		control, SCMP_CMP64(3, SCMP_CMP_EQ, LOADER_AFFINITY_PLACEHOLDER)};

	add_one(builder, SCMP_ACT_ALLOW, "recvmsg", control);
	if (builder->notify)
		add_rule(builder, SCMP_ACT_ALLOW, "sendmsg", LENGTH(listener), listener);
}

/* Pairs of sockets with both ends in the process, as runtimes wake their threads with; nothing is
 * sent to anybody else without an address, or without sendmsg(), which is the zygote's. Data out of
 * band are left out: of all that a Unix socket can do the kernel has had most to mend there. */
static void add_pairs(struct builder *builder) {
	const struct scmp_arg_cmp in_band = SCMP_CMP64(3, SCMP_CMP_MASKED_EQ, MSG_OOB, 0);
	const struct scmp_arg_cmp send[] = {in_band, SCMP_CMP64(4, SCMP_CMP_EQ, 0)};

	add_one(builder, SCMP_ACT_ALLOW, "socketpair",
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, AF_UNIX));
	add_rule(builder, SCMP_ACT_ALLOW, "sendto", LENGTH(send), send);
	add_one(builder, SCMP_ACT_ALLOW, "recvfrom", in_band);
}

static void add_base_rules(struct builder *builder) {
	static const uint32_t ioctls[] = {
		TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, LOADER_PROCMAP_QUERY};

	add_names(builder, SCMP_ACT_ALLOW, allowed, LENGTH(allowed));
	add_names(builder, SCMP_ACT_ERRNO(ENOSYS), absent, LENGTH(absent));
	add_names(builder, SCMP_ACT_ERRNO(0), idle, LENGTH(idle));
	add_open(builder, "open", 1);
	add_open(builder, "openat", 2);
	add_mmap(builder);
	add_clone(builder);
	add_clock(builder, "clock_gettime");
	add_clock(builder, "clock_nanosleep");
	add_fcntl(builder);
	add_prctl(builder);
	add_questions(builder);
	add_limits(builder);
	allow_values(builder, "ioctl", 1, ioctls, LENGTH(ioctls));
	if (!builder->notify)
		add_names(builder, SCMP_ACT_ALLOW, zygote_only, LENGTH(zygote_only));
	add_messages(builder);
	add_pairs(builder);
	/* All but ARCH_SHSTK_UNLOCK. */
	add_one(builder, SCMP_ACT_ALLOW, "arch_prctl", SCMP_CMP64(0, SCMP_CMP_NE, 0x5004));
}

static void add_child_rules(struct builder *builder, enum sysfilter_kind kind) {
	static const char *const signals[] = {"kill", "tgkill", "tkill"};
	const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);

	add_names(builder, refuse, child_refused, LENGTH(child_refused));
	if (kind == SYSFILTER_CHILD)
		add_rule(builder, refuse, "execve", 0, NULL);
	for (size_t i = 0; i < LENGTH(signals); i++)
		add_one(builder, refuse, signals[i],
			SCMP_CMP64(0, SCMP_CMP_NE, LOADER_PID_PLACEHOLDER));
	/* A filter more can only take from it. */
	add_one(builder, refuse, "seccomp", SCMP_CMP64(1, SCMP_CMP_NE, 0));
	add_one(builder, refuse, "seccomp", SCMP_CMP64(3, SCMP_CMP_NE, LOADER_TRAP_TOKEN));
	/* clone() without CLONE_THREAD makes a process. */
	add_one(builder, refuse, "clone", SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	add_one(builder, refuse, "prctl",
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, PR_SET_PDEATHSIG));
	add_one(builder, refuse, "prctl",
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, LOW_WORD, PR_SET_SECCOMP));
}

static uint32_t audit_arch(uint32_t arch) {
	if (arch == SCMP_ARCH_NATIVE)
		arch = seccomp_arch_native();
	/* libseccomp's tokens are the kernel's AUDIT_ARCH values (seccomp_arch_add(3)). */
	return arch;
}

static int build_with(struct builder *builder, enum sysfilter_kind kind, struct sysfilter *filter) {
	const bool additional = kind == SYSFILTER_CHILD || kind == SYSFILTER_TRACE;
	int r = seccomp_attr_set(builder->context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	/* Sorted into a tree: a system call that is not on the fast path costs a few comparisons.
	 */
	if (r == 0 && !additional)
		r = seccomp_attr_set(builder->context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0 && builder->arch != seccomp_arch_native()) {
		r = seccomp_arch_add(builder->context, builder->arch);
		if (r == 0)
			r = seccomp_arch_remove(builder->context, SCMP_ARCH_NATIVE);
	}
	if (r < 0)
		return r;
	if (additional)
		add_child_rules(builder, kind);
	else
		add_base_rules(builder);
	return builder->error ? builder->error
			      : sysprogram_export(
					builder->context, additional ? 0 : builder->arch, filter);
}

static uint32_t default_action(enum sysfilter_kind kind) {
	switch (kind) {
	case SYSFILTER_BASE_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case SYSFILTER_BASE_ERRNO:
		return SCMP_ACT_ERRNO(EPERM);
	case SYSFILTER_CHILD:
	case SYSFILTER_TRACE:
		return SCMP_ACT_ALLOW;
	}
	return SCMP_ACT_KILL_PROCESS;
}

int sysfilter_build(struct sysfilter *filter, enum sysfilter_kind kind, uint32_t arch) {
	struct builder builder = {
		.context = seccomp_init(default_action(kind)),
		.notify = kind == SYSFILTER_BASE_NOTIFY,
		.arch = audit_arch(arch),
	};

	if (!builder.context)
		return -ENOMEM;
	*filter = (struct sysfilter){0};
	int r = build_with(&builder, kind, filter);
	seccomp_release(builder.context);
	if (r < 0)
		sysfilter_fini(filter);
	return r;
}

void sysfilter_fini(struct sysfilter *filter) {
	free(filter->code);
	*filter = (struct sysfilter){0};
}
