/* SPDX-License-Identifier: MIT */
#pragma once

/* A request: the parameters of Verify. Plain data; non-logging. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "strv.h"

struct request {
	struct strv paths;	  /* as the client sent them */
	struct strv library_path; /* absolute directories */
	struct strv roots;	  /* absolute directories below which libraries may be */
	struct strv preload;	  /* absolute paths of libraries to be loaded before each one */
	struct strv hosts;	  /* absolute paths of programs that plugins may be for */
	struct strv homes;	  /* of the user that the client knows; absolute directories */
	struct strv standing;	  /* of the client, in the words of dltest_standing_say() */
	const char *libc;	  /* the C library to insist on, a word of the protocol; or NULL */
	uint32_t timeout_ms;	  /* for each library */
	uint32_t within_ms;	  /* the client takes no answers later than that; 0: any time */
	bool lazy;		  /* true: functions are bound when they are called */
	bool dry_run;		  /* true: paths and files are judged, nothing is loaded */
	bool fresh;		  /* true: nothing is answered from memory */
	bool bare;		  /* true: nothing is loaded that was not asked about */
	bool details;		  /* true: results say all that is known */
};

/* Frees what 'request' holds, and leaves its lists empty. */
void request_fini(struct request *request);

/* Frees 'request', which is in memory of its own, with all that it holds; NULL is nothing. Returns
 * NULL. */
struct request *request_free(struct request *request);

/* Writes to 'stream' a digit for each flag of 'request' that can make the verdict of a library
 * another one. */
void request_put_flags(const struct request *request, FILE *stream);

/* True if the flags that request_put_flags() writes, and the preloads, are the same in both. */
bool request_asks_same(const struct request *one, const struct request *other);
