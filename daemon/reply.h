/* SPDX-License-Identifier: MIT */
#pragma once

/* Replies of the methods as text. Non-logging. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sandbox;
struct verdict;

struct reply_result {
	const char *path;
	const struct verdict *verdict;
};

/*
 * A reply of Verify with 'count' results; 'sandbox' is what held the loads, or NULL when no
 * details are asked for. The caller frees the text. NULL when there is no memory.
 */
char *reply_results(const struct reply_result *results, size_t count, const struct sandbox *sandbox,
	bool continues);

/*
 * Bytes that the result takes in a reply, with details if there are to be some: its texts and lists
 * as JSON. Names of members and numbers, REPLY_REST at most, come on top.
 */
size_t reply_result_size(const struct reply_result *result, bool details);
#define REPLY_REST 4096

/*
 * Makes 'result', which is about 'verdict', take no more than 'limit' such bytes: a hostile library
 * can say that it lacks any number of names. Of those the last ones are taken out then, and the
 * error says so. *ret_size is what it takes. Returns 0 or -ENOMEM.
 */
int reply_fit(struct verdict *verdict, const struct reply_result *result, bool details,
	size_t limit, size_t *ret_size);

struct reply_status {
	const char *version;
	int pid;
	uint64_t uptime_ms;
	const char *socket; /* or NULL */
	uint64_t done;
	size_t running, waiting, parallel, calls, clients, zygotes, remembered;
	const struct sandbox *sandbox;
};

/* A reply of Status. As above. */
char *reply_status(const struct reply_status *status);

/* A reply of org.varlink.service.GetInfo. As above. */
char *reply_info(const char *version);

/* A reply of org.varlink.service.GetInterfaceDescription. As above. */
char *reply_description(const char *description);
