/* SPDX-License-Identifier: MIT */
#pragma once

/* What is asked about all paths alike: the parameters of Verify but for the paths. */

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
	bool lazy;
	bool dry_run;
	bool fresh;
	bool bare;
	bool details;
	struct request_list library_path;
	struct request_list roots;
	struct request_list preload;
};

/* Appends 'path', which it takes over in any case. Returns 0 or -ENOMEM. */
int request_list_add(struct request_list *list, char *path);

/* Frees what its lists hold. */
void request_fini(struct request *request);

/* Appends the parameters, each with a comma in front. */
void request_put(const struct request *request, struct jsontext *text);
