/* SPDX-License-Identifier: MIT */
/*
 * Random system calls, as many as the file name says: fuzz.SEED.COUNT.so. Arguments are small
 * numbers, descriptors, flags, process ids of others and pointers to what a call might read, so
 * that many calls get past the first check. What would only end this process is left out.
 */
#include "attack.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NUMBERS 480

static uint64_t state;

/* xorshift64*: any good generator does; this one needs no C library in mid-attack. */
static uint64_t next_random(void) {
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717u;
}

/* Calls that would only end, block or cripple this process. */
static const long left_out[] = {
#ifdef __x86_64__
	/* uretprobe (Linux 6.11) and uprobe (6.18): SIGILL for who is not their trampoline, and no
	 * filter is asked (kernel/seccomp.c). */
	335,
	336,
#endif
	SYS_exit,
	SYS_exit_group,
	SYS_rt_sigreturn,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_brk,
	SYS_rt_sigsuspend,
	SYS_rt_sigtimedwait,
	SYS_nanosleep,
	SYS_clock_nanosleep,
	SYS_ppoll,
	SYS_pselect6,
	SYS_epoll_pwait,
	SYS_futex,
	SYS_read,
	SYS_readv,
	SYS_kill,
	SYS_tgkill,
	SYS_tkill,
	SYS_clone,
	SYS_madvise,
	SYS_mmap,
	SYS_rt_sigprocmask,
	SYS_rt_sigaction,
	SYS_close,
	SYS_dup3,
	SYS_sigaltstack,
	SYS_set_robust_list,
	SYS_rseq,
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_write,
	SYS_writev,
#ifdef SYS_pause
	SYS_pause,
	SYS_poll,
	SYS_select,
	SYS_epoll_wait,
	SYS_alarm,
	SYS_dup2,
	SYS_arch_prctl,
#endif
#ifdef SYS_pkey_mprotect
	SYS_pkey_mprotect,
#endif
#ifdef SYS_close_range
	SYS_close_range,
#endif
};

static bool is_left_out(long number) {
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		if (left_out[i] == number)
			return true;
	}
	return false;
}

static long argument(char *scratch) {
	const long interesting[] = {0, 1, 2, 3, 4, -1, -100, 16, 64, 0x100, 0x241, 0x8000, 0x10000,
		0x10000000, 0x100000000, 0x7fffffff, (long)0x80000000, getpid(), getppid(),
		conf_number("daemon"), conf_number("bystander"), getuid()};
	const char *const texts[] = {below("canaries", "file"), below("canaries", "directory"),
		below("canaries", "new"), own_path(), conf("socket"), "/bin/sh", "/dev/null", "/"};

	switch (next_random() % 8) {
	case 0:
	case 1:
	case 2:
		return interesting[next_random() % (sizeof(interesting) / sizeof(long))];
	case 3:
	case 4:
		return (long)texts[next_random() % (sizeof(texts) / sizeof(texts[0]))];
	case 5:
	case 6:
		return (long)(scratch + next_random() % 4096);
	default:
		return (long)next_random();
	}
}

static void fuzz(uint64_t seed, long count) {
	char *scratch =
		mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long allowed = 0;

	state = seed * 0x9e3779b97f4a7c15u + 1;
	for (long i = 0; i < count; i++) {
		long number = (long)(next_random() % NUMBERS);

		if (is_left_out(number))
			continue;
		for (int word = 0; word < 64; word++)
			((uint64_t *)scratch)[word] = next_random() % 3 ? next_random() % 300 : 0;
		long result = syscall(number, argument(scratch), argument(scratch),
			argument(scratch), argument(scratch), argument(scratch), argument(scratch));
		allowed += result != -1;
	}
	say("FUZZED %ld calls, %ld went through\n", count, allowed);
}

__attribute__((constructor)) static void on_open(void) {
	unsigned long seed = 1;
	long count = 1000;
	const char *name = strrchr(own_path(), '/');

	conf_read();
	if (name)
		sscanf(name, "/fuzz.%lu.%ld", &seed, &count);
	fuzz(seed, count);
}
