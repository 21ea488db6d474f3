/* SPDX-License-Identifier: MIT */
/* Notes of a library: once as JSON, once as a whole segment of notes. */
#include <stdlib.h>
#include <string.h>

#include "dlopennote.h"
#include "fuzz.h"

static void take(void *context, const char *need) {
	size_t *count = context;

	*count += strlen(need);
	if (strpbrk(need, "\n\r\x1b"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	size_t count = 0;
	char *copy = malloc(size + 1);

	if (!copy)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	dlopennote_parse(copy, size, take, &count);
	dlopennote_walk(copy, size, 4, take, &count);
	dlopennote_walk(copy, size, 8, take, &count);
	free(copy);
	return 0;
}
