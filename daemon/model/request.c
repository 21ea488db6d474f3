/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The flags that can make the verdict of a library another one. Of the others 'dry_run' is neither
 * remembered nor shared, 'fresh' takes nothing from memory, 'details' asks for more of the same. Of
 * the times, one is judged by what it came to, and 'within_ms' is the client's own. 'libc' is
 * no flag, but beside them. */
static const size_t flags[] = {
	offsetof(struct request, lazy),
	offsetof(struct request, bare),
};
#define FLAGS_COUNT (sizeof(flags) / sizeof(flags[0]))

static bool has_flag(const struct request *request, size_t index) {
	return *(const bool *)((const char *)request + flags[index]);
}

static bool same_list(const struct strv *one, const struct strv *other) {
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++) {
		if (strcmp(one->items[i], other->items[i]) != 0)
			return false;
	}
	return true;
}

void request_fini(struct request *request) {
	strv_fini(&request->paths);
	strv_fini(&request->library_path);
	strv_fini(&request->roots);
	strv_fini(&request->preload);
	strv_fini(&request->hosts);
	strv_fini(&request->homes);
	strv_fini(&request->standing);
}

struct request *request_free(struct request *request) {
	if (request)
		request_fini(request);
	free(request);
	return NULL;
}

void request_put_flags(const struct request *request, FILE *stream) {
	for (size_t i = 0; i < FLAGS_COUNT; i++)
		fputc(has_flag(request, i) ? '1' : '0', stream);
	fputs(request->libc ? request->libc : "", stream);
}

bool request_asks_same(const struct request *one, const struct request *other) {
	for (size_t i = 0; i < FLAGS_COUNT; i++) {
		if (has_flag(one, i) != has_flag(other, i))
			return false;
	}
	if ((one->libc != NULL) != (other->libc != NULL) ||
		(one->libc && strcmp(one->libc, other->libc) != 0))
		return false;
	return same_list(&one->preload, &other->preload) && same_list(&one->hosts, &other->hosts);
}
