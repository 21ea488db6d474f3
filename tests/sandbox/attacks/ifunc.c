/* SPDX-License-Identifier: MIT */
/* Code that runs while the library is being relocated, before any constructor: by system calls
 * alone, since nothing else works yet. */
#include "bare.h"

static int answer(void) {
	return 1;
}

static int (*resolve(void))(void) {
	static const char worked[] = "WORKED in a resolver\n", tried[] = "TRIED 3\n";

	if (call(SYS_socket, 2, 1, 0) >= 0 ||
		call(SYS_kill, call(SYS_getppid, 0, 0, 0), 9, 0) >= 0 ||
		call(SYS_clone, 17, 0, 0) >= 0)
		call(SYS_write, 1, (long)worked, sizeof(worked) - 1);
	call(SYS_write, 1, (long)tried, sizeof(tried) - 1);
	return answer;
}

int dltest_resolved(void) __attribute__((ifunc("resolve")));

int (*dltest_use_resolved)(void) = dltest_resolved;
