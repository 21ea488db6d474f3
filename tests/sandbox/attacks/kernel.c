/* SPDX-License-Identifier: MIT */
/* Attacks on the kernel's less travelled roads, and on the sandbox itself. */
#include "attack.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

static void kernel_interfaces(void) {
	char zeros[256] = "";

	TRY_SYS(bpf, 0, zeros, sizeof(zeros));
	TRY_SYS(perf_event_open, zeros, 0, -1, -1, 0);
	TRY_SYS(userfaultfd, 0);
	TRY_SYS(keyctl, 0, 0, 0, 0, 0);
	TRY_SYS(add_key, "user", "dltest", "x", 1, -4);
	TRY_SYS(request_key, "user", "dltest", NULL, -4);
	TRY_SYS(io_setup, 1, zeros);
	TRY_SYS(io_submit, 0, 0, NULL);
	TRY_SYS(remap_file_pages, zeros, 0, 0, 0, 0);
	TRY_SYS(set_mempolicy, 0, NULL, 0);
	TRY_SYS(mbind, zeros, 0, 0, NULL, 0, 0);
	TRY_SYS(lookup_dcookie, 0, zeros, 1);
	TRY_SYS(signalfd4, -1, zeros, 8, 0);
	TRY_SYS(vhangup);
	TRY_SYS(personality, 0x0040000 /* ADDR_NO_RANDOMIZE */);
	TRY_SYS(personality, 0x0400000 /* READ_IMPLIES_EXEC */);
#ifdef __x86_64__
	TRY_SYS(modify_ldt, 0, zeros, 16);
	TRY_SYS(iopl, 3);
	TRY_SYS(ioperm, 0, 1, 1);
	TRY_SYS(uselib, own_path());
	TRY_SYS(ustat, 0, zeros);
	TRY_SYS(_sysctl, zeros);
#endif
}

static void administration(void) {
	struct timespec now = {0};
	char zeros[256] = "";

	TRY_SYS(reboot, 0, 0, 0, 0);
	TRY_SYS(kexec_load, 0, 0, NULL, 0);
	TRY_SYS(kexec_file_load, -1, -1, 0, NULL, 0);
	TRY_SYS(init_module, zeros, 0, "");
	TRY_SYS(finit_module, -1, "", 0);
	TRY_SYS(delete_module, "dltest", 0);
	TRY_SYS(syslog, 10, NULL, 0);
	TRY_SYS(clock_settime, CLOCK_REALTIME, &now);
	TRY_SYS(settimeofday, NULL, NULL);
	TRY_SYS(clock_adjtime, CLOCK_REALTIME, zeros);
	TRY_SYS(adjtimex, zeros);
	TRY_SYS(setuid, 0);
	TRY_SYS(setgid, 0);
	TRY_SYS(setreuid, 0, 0);
	TRY_SYS(setresuid, 0, 0, 0);
	TRY_SYS(setresgid, 0, 0, 0);
	TRY_SYS(setgroups, 0, NULL);
	TRY_SYS(setfsuid, 0);
	TRY_SYS(capset, zeros, zeros);
}

static void undo_the_sandbox(void) {
	struct sock_filter allow = {0x06, 0, 0, SECCOMP_RET_ALLOW};
	struct sock_fprog program = {1, &allow};
	char zeros[128] = "";

	TRY_SYS(seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	TRY_SYS(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	TRY_SYS(seccomp, SECCOMP_GET_NOTIF_SIZES, 0, zeros);
	TRY_SYS(prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
	TRY_SYS(prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0);
	TRY_SYS(prctl, PR_SET_PTRACER, 1L, 0, 0, 0);
	TRY_SYS(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
	TRY_SYS(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	TRY_SYS(prctl, PR_SET_SECUREBITS, 0, 0, 0, 0);
	TRY_SYS(prctl, PR_SET_MM, PR_SET_MM_BRK, 0, 0, 0);
	TRY_SYS(prctl, 59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, 0, 0, 0);
	TRY_SYS(prctl, 62 /* PR_SCHED_CORE */, 1, 0, 0, 0);
	TRY_SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0);
	TRY_SYS(prctl, 0x100000000L | PR_SET_DUMPABLE, 1, 0, 0, 0);
	/* Answering for the daemon needs its listener. */
	for (int fd = 3; fd < 24; fd++)
		TRY_SYS(ioctl, fd, SECCOMP_IOCTL_NOTIF_RECV, zeros);
}

/* Landlock may be stacked by anybody: more of it takes away, and must give nothing. */
static void undo_landlock(void) {
	unsigned long handled = LANDLOCK_ACCESS_FS_READ_FILE;
	struct landlock_path_beneath_attr all = {.allowed_access = handled};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);

	all.parent_fd = open("/", O_PATH | O_CLOEXEC);
	syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &all, 0);
	syscall(SYS_landlock_restrict_self, rules, 0);
	TRY(open(below("home", ".ssh/id_rsa"), O_RDONLY));
	TRY(open(below("canaries", "file"), O_WRONLY));
}

/* The kernel prints the name of a process that crashes, and what is behind a new line of it looks
 * like a message of its own. */
static void crash_by_another_name(void) {
	static const char name[16] = "\n"
				     "dltest-attack";
	char now[17] = "";

	prctl(PR_SET_NAME, name);
	prctl(PR_GET_NAME, now);
	if (strstr(now, "attack"))
		say("WORKED: it is called %s\n", now);
	*(volatile int *)8 = 1;
}

static void terminal(void) {
	char key = 'x';

	for (int fd = 0; fd < 8; fd++) {
		TRY_SYS(ioctl, fd, TIOCSTI, &key);
		TRY_SYS(ioctl, fd, 0x100000000L | TIOCSTI, &key);
		TRY_SYS(ioctl, fd, TIOCSCTTY, 1);
		TRY_SYS(ioctl, fd, TIOCLINUX, &key);
	}
}

/* What the kernel may get one day, and what was never a number. */
static void unknown_numbers(void) {
	attempt("-1", syscall(-1));
	attempt("600", syscall(600));
	attempt("100000", syscall(100000));
	attempt("0x3fffffff", syscall(0x3fffffff));
}

static void foreign_abi(void) {
#ifdef __x86_64__
	long result;

	/* access("/", F_OK) by the numbers of i386 */
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(33), "b"(0), "c"(0) : "memory");
	say("WORKED int 0x80: %ld\n", result);
#else
	raise(SIGSYS);
#endif
}

static void foreign_x32(void) {
#ifdef __x86_64__
	say("WORKED x32: %ld\n", syscall(0x40000000 | SYS_getpid));
#else
	raise(SIGSYS);
#endif
}

const struct attack attacks_kernel[] = {
	{"administration", administration},
	{"crash_by_another_name", crash_by_another_name},
	{"foreign_abi", foreign_abi},
	{"foreign_x32", foreign_x32},
	{"kernel_interfaces", kernel_interfaces},
	{"terminal", terminal},
	{"undo_landlock", undo_landlock},
	{"undo_the_sandbox", undo_the_sandbox},
	{"unknown_numbers", unknown_numbers},
	{0},
};
