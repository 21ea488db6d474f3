/* SPDX-License-Identifier: MIT */
#include "trapped.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lastwords.h"
#include "loader_abi.h"
#include "registers.h"
#include "report.h"

/* What is told of refusals, in number and length. */
#define TOLD_MAX   32
#define PATH_SHOWN 300

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#endif

#ifdef MACHINE

/* si_code of a SIGSYS that a filter sends (uapi/asm-generic/siginfo.h). */
#define FROM_FILTER 1

static bool is_for_reading(long number, const long arguments[6]) {
	long flags = number == SYS_openat ? arguments[2] : arguments[1];

	return (flags & O_ACCMODE) == O_RDONLY;
}

/* Whether the file's own mode would let it be read: Landlock has no word in that (landlock(7)). */
static bool may_be_read(long number, const long arguments[6]) {
	long directory = number == SYS_openat ? arguments[0] : AT_FDCWD;
	long path = number == SYS_openat ? arguments[1] : arguments[0];

	return syscall(SYS_faccessat, directory, path, R_OK) == 0;
}

static void tell_refusal(const char *path) {
	static atomic_uint told;
	char text[PATH_SHOWN + 32];

	if (atomic_fetch_add(&told, 1) >= TOLD_MAX)
		return;
	snprintf(text, sizeof(text), "open for reading: %.*s", PATH_SHOWN, path);
	/* Since the machine's start: the daemon knows of others, in between. */
	const struct report report = {.stage = LOADER_STAGE_REFUSED, .text = text};
	report_send(&report);
}

/* Opens what was to be opened, with the number that lets it through. Returns as the kernel does. */
static long open_for(long number, const long arguments[6]) {
	long fd = syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], 0L,
		(long)LOADER_TRAP_TOKEN);
	long error = errno;

	if (fd >= 0)
		return fd;
	/* The kernel has read the path a moment ago. */
	if (error == EACCES && is_for_reading(number, arguments) && may_be_read(number, arguments))
		tell_refusal((const char *)(number == SYS_openat ? arguments[1] : arguments[0]));
	return -error;
}

static _Noreturn void end(const ucontext_t *context) {
	long status = registers_argument(context, 0);

	lastwords_on_exit(context);
	for (;;)
		syscall(SYS_exit_group, status, 0L, 0L, 0L, 0L, (long)LOADER_TRAP_TOKEN);
}

static void on_trap(int signal_number, siginfo_t *info, void *argument) {
	ucontext_t *context = argument;
	int before = errno;
	long arguments[6];

	if (info->si_code != FROM_FILTER) {
		signal(signal_number, SIG_DFL);
		raise(signal_number);
		return;
	}
	for (unsigned i = 0; i < 6; i++)
		arguments[i] = registers_argument(context, i);
	if (info->si_syscall == SYS_exit_group)
		end(context);
	registers_set_result(context, open_for(info->si_syscall, arguments));
	errno = before;
}

#define LOAD(field)	   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define DO(action)	   BPF_STMT(BPF_RET | BPF_K, (action))

/* Of these, all that do not have the token in their last register, which none of them has a use
 * for. It is no secret: a library that knows it is told of no more, and gets no more. */
static const struct sock_filter program[] = {
	LOAD(arch),
	IS(MACHINE, 0, 7),
	LOAD(nr),
#ifdef SYS_open
	IS(SYS_open, 2, 0),
#else
	IS(SYS_openat, 2, 0),
#endif
	IS(SYS_openat, 1, 0),
	IS(SYS_exit_group, 0, 3),
	LOAD(args[5]),
	IS(LOADER_TRAP_TOKEN, 1, 0),
	DO(SECCOMP_RET_TRAP),
	DO(SECCOMP_RET_ALLOW),
};

bool trapped_begin(void) {
	const struct sock_fprog filter = {
		.len = sizeof(program) / sizeof(program[0]), .filter = (void *)(uintptr_t)program};
	/* Files are opened, and a process ended, in handlers of other signals, too. */
	const struct sigaction action = {
		.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};

	sigaction(SIGSYS, &action, NULL);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0L, &filter,
		       (long)LOADER_TRAP_TOKEN) == 0;
}

#else

/* Numbers of system calls, and what they are given in, are not known here. */
bool trapped_begin(void) {
	return false;
}

#endif
