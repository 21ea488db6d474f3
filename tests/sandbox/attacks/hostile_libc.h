/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the loader meets in a foreign libc.so.6: it is in control before main(), in the zygote
 * itself, with nothing but the first layer around it. There is no C library below this one.
 */

#include "bare.h"

/* How many of the attempts below worked. */
static int worked;

static void must_fail(long result) {
	worked += result >= 0;
}

/* Everything that must not work, for as long as somebody lets it. CANARIES is where it would
 * leave its marks, and the parent is the daemon. That it came to its end, and that nothing worked,
 * shows in its status, which the daemon tells. A fork may be one that the daemon is waiting for,
 * and then goes on here as well: all of them together try less than the 1,000 times that end a
 * loader. */
_Noreturn static void attack(void) {
	static char *const arguments[] = {"sh", "-c", "echo > " CANARIES "/by-a-program", 0};
	static const char garbage[4096] = {1, 2, 3};
	static const char file[] = CANARIES "/by-a-foreign-libc";

	for (int round = 0; round < 15; round++) {
#ifdef SYS_open
		must_fail(call(SYS_open, (long)file, 0101, 0600));
		call(SYS_fork, 0, 0, 0);
		call(SYS_vfork, 0, 0, 0);
#endif
		must_fail(call(SYS_openat, -100, (long)file, 0101));
		call(SYS_clone, 17, 0, 0);
		must_fail(call(SYS_execve, (long)"/bin/sh", (long)arguments, 0));
		must_fail(call(SYS_socket, 2, 1, 0));
		must_fail(call(SYS_kill, call(SYS_getppid, 0, 0, 0), 9, 0));
		must_fail(call(SYS_kill, -1, 0, 0));
		must_fail(call(SYS_ptrace, 16, call(SYS_getppid, 0, 0, 0), 0));
#ifdef GARBAGE
		for (int fd = 0; fd < 16; fd++)
			call(SYS_write, fd, (long)garbage, sizeof(garbage));
#endif
	}
	for (;;)
		call(SYS_exit_group, 100 + worked, 0, 0);
}
