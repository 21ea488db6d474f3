/* SPDX-License-Identifier: MIT */
#pragma once

/* The holding: what holds loads on this machine, and what is missing there. Plain data. */

#include <stdbool.h>
#include <stddef.h>

#define HOLDING_LACKS_MAX 4

/* A part of the sandbox that this machine does not give. The texts are constants. */
struct holding_lack {
	const char *what;   /* a word of the interface file */
	const char *why;    /* a sentence for a person */
	const char *remedy; /* what a person can do about it */
};

struct holding {
	bool may_load; /* true: libraries may be loaded under this */
	bool filter;   /* true: there are system call filters */
	bool denials;  /* true: refused system calls are recorded */
	int landlock;  /* the ABI in use; 0: none */
	struct holding_lack lacks[HOLDING_LACKS_MAX];
	size_t lacks_count;
};
