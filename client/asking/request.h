/* SPDX-License-Identifier: MIT */
#pragma once

/* A request: the parameters of Verify but for the paths, which are asked about alike. */

#include <stdbool.h>
#include <stddef.h>

struct jsontext;

/* Absolute paths in UTF-8, DLTEST_LIST_MAX at most. */
struct request_list {
	char **items;
	size_t count;
};

/* All zero: what the daemon does by itself. */
struct request {
	unsigned timeout_ms; /* for each library; 0: the default */
	bool lazy;	     /* true: functions are bound when they are called */
	bool dry_run;	     /* true: paths and files are judged, nothing is loaded */
	bool fresh;	     /* true: nothing is answered from memory */
	bool bare;	     /* true: nothing is loaded that was not asked about */
	bool details;	     /* true: results say all that is known */
	const char *libc;    /* the C library to insist on, as the protocol has it; NULL: none */
	struct request_list library_path;
	struct request_list roots;
	struct request_list preload;
	struct request_list hosts;
};

/* Appends 'path', which is taken over in any case. Returns 0 or -ENOMEM. */
int request_list_add(struct request_list *list, char *path);

/* Removes element 'index', and frees it. */
void request_list_remove(struct request_list *list, size_t index);

/* Frees what the lists of 'request' hold. */
void request_fini(struct request *request);

/* Appends the parameters that 'request' sets to 'text', each with a comma in front; 'within_ms' is
 * what is left of the time for answers now (0: there is no such time). */
void request_put(const struct request *request, unsigned within_ms, struct jsontext *text);
