/* SPDX-License-Identifier: MIT */
#include "hostprocess.h"

#include <dltest/cleanup.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "hostindex.h"
#include "hostmessage.h"
#include "hostsearch.h"
#include "looking.h"
#include "readonly.h"

DEFINE_CLEANUP(struct hostindex *, hostindex_free);

/* Without memory it is better to end than to say nothing. */
static bool answer(struct hostindex *index, const void *bytes, size_t size) {
	struct hostmessage_query query;
	struct hostfinding finding;
	struct hostmessage message;
	uint32_t number;

	if (hostmessage_to_query(bytes, size, &number, &query) < 0)
		return false;
	hostindex_begin(index, clock_now_ms() + HOSTPROCESS_LATEST_MS);
	hostsearch_run(index, &query.query, &finding);
	if (query.is_cut)
		finding.is_complete = false;
	hostmessage_query_fini(&query);
	int r = hostmessage_from_finding(number, &finding, &message);
	hostfinding_fini(&finding);
	if (r < 0)
		return false;
	ssize_t sent = send(LOOKING_SOCKET, message.bytes, message.size, MSG_NOSIGNAL);
	free(message.bytes);
	return sent >= 0;
}

static void answer_all(void) {
	CLEANUP(hostindex_free_p) struct hostindex *index = hostindex_new();
	cleanup_free char *bytes = malloc(HOSTMESSAGE_MAX);
	ssize_t length;

	if (!index || !bytes)
		return;
	do {
		length = recv(LOOKING_SOCKET, bytes, HOSTMESSAGE_MAX, 0);
	} while ((length < 0 && errno == EINTR) ||
		 (length > 0 && answer(index, bytes, (size_t)length)));
}

int hostprocess_run(int argc, char **argv) {
	if (argc != 2 || strcmp(argv[1], HOSTPROCESS_ARGUMENT) != 0)
		return -1;
	readonly_enter(READONLY_SEARCHES);
	answer_all();
	_exit(EXIT_SUCCESS);
}
