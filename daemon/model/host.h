/* SPDX-License-Identifier: MIT */
#pragma once

/* What a verdict says of the program that a plugin is for. Pure data; non-logging. */

#include <stddef.h>

#include "strv.h"

struct host {
	char *name;	/* for people: "PostgreSQL", or the name of the program's file */
	char *program;	/* path of the program; NULL: it is not on this machine */
	size_t symbols; /* of the program's, that were stood in for */
	size_t lacks;	/* symbols that neither it nor what it needs has */
	struct strv
		unchecked; /* names that it would have to have, and nobody knows whether it does */
	struct strv after; /* plugins of the same host that were loaded first */
	char *called;	   /* function of the program that was called first; NULL: none was */
	const char *then;  /* what happened after that, as a reason's word; NULL: nothing bad */
};

/* An empty host, which host_free() frees; NULL if out of memory. */
struct host *host_new(void);

/* Frees 'host'; NULL is nothing. Returns NULL. */
struct host *host_free(struct host *host);
