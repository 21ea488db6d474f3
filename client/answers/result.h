/* SPDX-License-Identifier: MIT */
#pragma once

/* A result of Verify taken out of its JSON, for those who do more with it than pass it on; or one
 * of the client's own. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dltest/reasons.h>

struct jsonscan;

struct result_list {
	char **items;
	size_t count;
};

/* A Need of the interface; a member that is not given is NULL. */
struct result_need {
	char *name;
	char *version;
	char *needed_by; /* in each, though it is told once; "" or NULL: not known */
	char *provider;
	char *newest; /* the last of 'available' */
};

/* A Host of the interface, as far as that is shown; likewise. */
struct result_host {
	char *name;
	char *program;
	char *called;
	char *then;
};

/* A Verdict of the interface without its path; a member that is not given is NULL, empty, or -1. */
struct result {
	bool ok;      /* true: the library loads */
	bool skipped; /* true: that it does not is no failure (skip.h); the answers' doing */
	bool cached;  /* true: the daemon answered from memory */
	bool blind;   /* true: refused system calls could not be recorded */
	enum dltest_reason reason;
	int64_t duration_us;
	char *error;
	char *output;
	char *platform;
	struct result_host host; /* without a name: there is none */
	struct result_need *needs;
	size_t needs_count;
	struct result_list missing;
	struct result_list symbols;
	struct result_list context;
	struct result_list loads_with;
	struct result_list objects;
	struct result_list denied;
	struct result_list warnings;
};

/*
 * Reads the object that is value 'object' of 'scan' into 'result', which result_fini() frees in any
 * case. A member of another type than the interface says is taken for absent, an unknown reason for
 * a load_error. Returns 0 or -ENOMEM.
 */
int result_init(struct result *result, const struct jsonscan *scan, size_t object);

/* Makes 'result' one of a library that did not load for 'reason', with a copy of 'error', or
 * without if there is no memory. */
void result_fail(struct result *result, enum dltest_reason reason, const char *error);

/* Frees what 'result' holds, and leaves it empty. */
void result_fini(struct result *result);
