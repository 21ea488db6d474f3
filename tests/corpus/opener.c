/* SPDX-License-Identifier: MIT */
/* A plain dlopen() of its argument; prints what dlerror() says, if anything. With a second
 * argument it has no descriptor left to open anything with. */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
	if (argc < 2)
		return 2;
	if (argc > 2) {
		while (dup(STDOUT_FILENO) >= 0)
			;
	}
	if (!dlopen(argv[1], RTLD_NOW))
		fputs(dlerror(), stdout);
	return 0;
}
