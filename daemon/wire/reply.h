/* SPDX-License-Identifier: MIT */
#pragma once

/* Replies of the methods as text. Non-logging. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct holding;
struct verdict;

/*
 * A result of Verify as JSON: what 'verdict' says of the library at 'path'; with details if
 * 'holding', what held the load, is not NULL. Has no more than about 'limit' bytes: a hostile
 * library can say that it lacks any number of names; of those the last ones are taken out of
 * 'verdict' then, and its error says so. The caller frees the text. NULL when there is no memory.
 */
char *reply_result(
	const char *path, struct verdict *verdict, const struct holding *holding, size_t limit);

/* Bytes that come on top of the limit of a result, and of results in a reply. */
#define REPLY_REST 4096

enum reply_kind {
	REPLY_LAST,
	REPLY_CONTINUES, /* further replies follow */
};

/* A reply of Verify with 'count' such results. The caller frees the text. NULL when there is no
 * memory. */
char *reply_results(const char *const *results, size_t count, enum reply_kind kind);

struct reply_status {
	const char *version;
	int pid;
	uint64_t uptime_ms;
	const char *socket; /* or NULL */
	uint64_t done;
	size_t running, waiting, parallel, calls, clients, zygotes, remembered;
	const struct holding *holding;
};

/* A reply of Status. As above. */
char *reply_status(const struct reply_status *status);

/* A reply of org.varlink.service.GetInfo. As above. */
char *reply_info(const char *version);

/* A reply of org.varlink.service.GetInterfaceDescription. As above. */
char *reply_description(const char *description);
