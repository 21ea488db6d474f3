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
	bool jsonl;		 /* true: answers are printed as JSON, one a line */
	bool text;		 /* true: answers and status are printed for people */
	bool details;		 /* true: answers are printed with all that is known */
	bool all;		 /* true: every library below $TSUKU_HOME/libs is asked about */
	bool allow_missing_host; /* true: a plugin whose host is not here is no failure */
	bool no_daemon;		 /* true: a private daemon alone is asked */
	bool null_separated;	 /* true: paths in 'files_from' end in NUL, not in newline */
	bool has_within;	 /* true: 'within_ms' was given */
	unsigned within_ms;	 /* time for all answers, from the start of the program; 0: any */
	const char *files_from;	 /* file with more paths, or NULL */
	struct request request;	 /* for ACTION_VERIFY with LD_LIBRARY_PATH */
	char **paths;		 /* the arguments that are paths, not copied */
	size_t paths_count;
};

/*
 * Reads the command line into 'options', which options_fini() frees in any case. Returns -1 to go
 * on, or the exit status with which the program is to end at once, having said what there was to
 * say.
 */
int options_parse(struct options *options, int argc, char **argv);

/* Frees what 'options' holds, and leaves it empty. */
void options_fini(struct options *options);
