/* SPDX-License-Identifier: MIT */
#pragma once

/* Replies of the methods as text. Non-logging. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct holding;
struct verdict;

/*
 * The text of a result of Verify: what 'verdict' says of the library at 'path'; with details if
 * 'holding', what held the load, is not NULL. The text has no more than about 'limit' bytes: a
 * hostile library can say that it lacks any number of names; the last of them are taken out of
 * 'verdict' then, and its error says so. The caller frees the text. NULL if out of memory.
 */
char *reply_result(
	const char *path, struct verdict *verdict, const struct holding *holding, size_t limit);

/* Bytes that come on top of the limit of a result, and of results in a reply. */
#define REPLY_REST 4096

enum reply_kind {
	REPLY_LAST,	 /* no further reply follows */
	REPLY_CONTINUES, /* further replies follow */
};

/* The text of a reply of Verify with 'count' texts of results. The caller frees it. NULL if out of
 * memory. */
char *reply_results(const char *const *results, size_t count, enum reply_kind kind);

struct reply_status {
	const char *version;
	int pid;
	uint64_t uptime_ms;
	const char *socket; /* its path, or NULL */
	uint64_t done;	    /* and what follows: as in the interface file */
	size_t running, waiting, parallel, calls, clients, zygotes, remembered;
	const struct holding *holding;
};

/* The text of a reply of Status. The caller frees it. NULL if out of memory. */
char *reply_status(const struct reply_status *status);

/* The text of a reply of org.varlink.service.GetInfo. The caller frees it. NULL if out of memory.
 */
char *reply_info(const char *version);

/* The text of a reply of org.varlink.service.GetInterfaceDescription. The caller frees it. NULL if
 * out of memory. */
char *reply_description(const char *description);
