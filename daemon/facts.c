/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *grow(struct facts *facts, size_t more) {
	char *bytes = realloc(facts->bytes, facts->size + more);

	if (bytes)
		facts->bytes = bytes;
	return bytes ? bytes + facts->size : NULL;
}

int facts_append(struct facts *facts, const char *bytes, size_t size) {
	while (size > 0 && bytes[size - 1] != '\0')
		size--;
	if (size == 0)
		return 0;
	char *end = grow(facts, size);
	if (!end)
		return -ENOMEM;
	memcpy(end, bytes, size);
	facts->size += size;
	return 0;
}

int facts_put(struct facts *facts, enum loader_fact fact, const char *text) {
	size_t size = strlen(text) + 1;
	char *end = grow(facts, size + 1);

	if (!end)
		return -ENOMEM;
	end[0] = (char)fact;
	memcpy(end + 1, text, size);
	facts->size += size + 1;
	return 0;
}

void facts_fini(struct facts *facts) {
	free(facts->bytes);
	*facts = (struct facts){0};
}

const char *facts_next(const struct facts *facts, enum loader_fact fact, const char *previous) {
	if (!facts->bytes)
		return NULL;
	const char *end = facts->bytes + facts->size;
	const char *entry = previous ? previous + strlen(previous) + 1 : facts->bytes;

	/* An empty entry, a NUL alone, is no fact, and has no text behind its tag. */
	for (; entry < end; entry += strlen(entry) + 1) {
		if (entry[0] == (char)fact)
			return entry + 1;
	}
	return NULL;
}

bool facts_have(const struct facts *facts, enum loader_fact fact, const char *text) {
	const char *known = NULL;

	while ((known = facts_next(facts, fact, known))) {
		if (strcmp(known, text) == 0)
			return true;
	}
	return false;
}

bool facts_has(const struct facts *facts, enum loader_fact fact) {
	return facts_next(facts, fact, NULL) != NULL;
}
