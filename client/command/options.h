/* SPDX-License-Identifier: MIT */
#pragma once

/* The command line of tsuku-dltest, and what else of its environment goes into a request. */

#include <stdbool.h>
#include <stddef.h>

#include "request.h"

enum action {
	ACTION_VERIFY,
	ACTION_STATUS,
	ACTION_STOP,
};

struct options {
	enum action action;
	bool jsonl;
	bool text;
	bool details;
	bool all;
	bool no_daemon;
	bool null_separated;
	const char *files_from; /* or NULL */
	/* With LD_LIBRARY_PATH, which is read for ACTION_VERIFY. */
	struct request request;
	/* The arguments that are paths; not copied. */
	char **paths;
	size_t paths_count;
};

/*
 * Reads the command line. Returns -1 to go on, or the exit status with which the program is to
 * end at once, having said what there was to say.
 */
int options_parse(struct options *options, int argc, char **argv);

/* Frees what options_parse() made, whatever that returned. */
void options_fini(struct options *options);
