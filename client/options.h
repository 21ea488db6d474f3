/* SPDX-License-Identifier: MIT */
#pragma once

/* The command line of tsuku-dltest. */

#include <stdbool.h>
#include <stddef.h>

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
	bool dry_run;
	bool lazy;
	bool fresh;
	bool bare;
	bool all;
	bool no_daemon;
	bool null_separated;
	unsigned timeout_ms;	/* 0: the default */
	const char *files_from; /* or NULL */
	/* Absolute; options_fini() frees them. */
	char **roots;
	size_t roots_count;
	char **with;
	size_t with_count;
	/* The arguments that are paths; not copied. */
	char **paths;
	size_t paths_count;
};

/*
 * Reads the command line. Returns -1 to go on, or the exit status with which the program is to
 * end at once, having said what there was to say.
 */
int options_parse(struct options *options, int argc, char **argv);

void options_fini(struct options *options);
