/* SPDX-License-Identifier: MIT */
#pragma once

/* Questions and answers of hostquery.h as bytes, one message each, over a socket that keeps
 * messages apart. For hostfinder.c and hostprocess.c, which are of one program. Non-logging. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostquery.h"

/* The most bytes of a message: what the kernel takes in one piece (net.core.wmem_default) by far.
 */
#define HOSTMESSAGE_MAX ((size_t)180 * 1024)

struct hostmessage {
	char *bytes;
	size_t size;
};

/* What a question was made of, once it is read. */
struct hostmessage_query {
	struct hostquery query; /* points into the rest */
	char *plugin;
	struct strv names, programs, libraries;
	bool is_cut; /* not all directories had room */
};

/* Makes a message of a question with its number. The caller frees ret_message->bytes. Returns 0 or
 * -ENOMEM. */
int hostmessage_from_query(
	uint32_t number, const struct hostquery *query, struct hostmessage *ret_message);

/* Reads a question. The caller frees it by hostmessage_query_fini(). Returns 0, -ENOMEM, or
 * -EBADMSG. */
int hostmessage_to_query(
	const void *bytes, size_t size, uint32_t *ret_number, struct hostmessage_query *ret_query);

/* Frees what 'query' has. */
void hostmessage_query_fini(struct hostmessage_query *query);

/* Makes a message of the answer to the question with this number; one for which there is no room is
 * not complete. The caller frees ret_message->bytes. Returns 0 or -ENOMEM. */
int hostmessage_from_finding(
	uint32_t number, const struct hostfinding *finding, struct hostmessage *ret_message);

/* Reads an answer. The caller frees it by hostfinding_fini(). Returns 0, -ENOMEM, or -EBADMSG. */
int hostmessage_to_finding(
	const void *bytes, size_t size, uint32_t *ret_number, struct hostfinding *ret_finding);
