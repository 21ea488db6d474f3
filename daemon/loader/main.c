/* SPDX-License-Identifier: MIT */

/*
 * tsuku-dltest-loader: started by tsuku-dltestd, already confined, as the zygote of one load
 * environment. Not a program for people.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loader_abi.h"
#include "setup.h"
#include "zygote_loop.h"

static int refuse_people(void) {
	static const char text[] =
		"tsuku-dltest-loader: is started by tsuku-dltestd; use tsuku-dltest\n";

	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)written; /* nobody else is there to be told */
	return 2;
}

int main(int argc, char **argv, char **environment) {
	static struct setup setup;

	if (argc != 2 || strcmp(argv[1], "--zygote") != 0)
		return refuse_people();
	int r = setup_read(&setup, LOADER_FD_SETUP);
	if (r < 0) {
		zygote_loop_refuse(-r);
		return LOADER_EXIT_SETUP;
	}
	/* Not by environ: a variable of the C library would be copied into the loader, and
	 * exported. */
	setup.environment = environment;
	return zygote_loop_run(&setup);
}
