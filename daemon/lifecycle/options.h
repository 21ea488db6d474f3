/* SPDX-License-Identifier: MIT */
#pragma once

/* The command line of tsuku-dltestd. Complains on stderr, as a command does. */

#include <stdbool.h>
#include <stdint.h>

#include "log.h"
#include "sandbox.h"

struct options {
	const char *socket;	  /* or NULL */
	const char *loader;	  /* or NULL */
	uint64_t idle_ms;	  /* 0: never */
	const char *ignored_idle; /* TSUKU_DLTEST_IDLE_TIMEOUT, if that is no time; else NULL */
	unsigned jobs;		  /* 0: as many as processors */
	enum log_level log_level;
	bool allow_unconfined; /* true: loads are made without a system call filter if need be */
	bool check;	       /* true: --check, instead of a daemon */
	struct sandbox_pretence pretence;
};

/*
 * Reads the command line and, without --idle-timeout, TSUKU_DLTEST_IDLE_TIMEOUT. Returns -1 to go
 * on, or the exit status with which the program is to end at once, having said what there was to
 * say.
 */
int options_parse(struct options *options, int argc, char **argv);
