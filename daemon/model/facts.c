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

int facts_put(struct facts *facts, enum dltest_fact fact, const char *text) {
	size_t size = strlen(text) + 1;
	char *end = grow(facts, size + 1);

	if (!end)
		return -ENOMEM;
	end[0] = (char)fact;
	memcpy(end + 1, text, size);
	facts->size += size + 1;
	return 0;
}

static size_t count_entries(const struct facts *facts) {
	size_t count = 0;

	for (size_t i = 0; i < facts->size; i++)
		count += facts->bytes[i] == '\0';
	return count;
}

/* Each with its tag. */
static size_t list_entries(const struct facts *facts, const char **entries) {
	size_t count = 0;

	for (size_t at = 0; at < facts->size; at += strlen(facts->bytes + at) + 1)
		entries[count++] = facts->bytes + at;
	return count;
}

static int compare(const void *one, const void *other) {
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static bool tells_of_search(const char *entry) {
	return entry[0] == DLTEST_FACT_OBJECT || entry[0] == DLTEST_FACT_DIRECTORY ||
	       entry[0] == DLTEST_FACT_INCOMPLETE;
}

/* Sorted, since a child may tell very many. */
static int find_new(struct facts *ret_new, const struct facts *facts, const struct facts *known,
	const struct facts *more) {
	size_t most = count_entries(facts) + count_entries(known) + 1;
	const char **entries = calloc(most, sizeof(*entries));
	int r = 0;

	if (!entries)
		return -ENOMEM;
	size_t count = list_entries(facts, entries);
	count += list_entries(known, entries + count);
	qsort(entries, count, sizeof(*entries), compare);
	for (size_t at = 0; at < more->size && r == 0; at += strlen(more->bytes + at) + 1) {
		const char *entry = more->bytes + at;

		if (tells_of_search(entry) &&
			!bsearch(&entry, entries, count, sizeof(*entries), compare))
			r = facts_append(ret_new, entry, strlen(entry) + 1);
	}
	free(entries);
	return r;
}

int facts_append_new(
	struct facts *facts, const struct facts *known, const struct facts *more, size_t size_max) {
	struct facts found = {0};

	int r = find_new(&found, facts, known, more);
	if (r == 0 && found.size > 0 && facts->size + found.size > size_max)
		r = facts_put(facts, DLTEST_FACT_INCOMPLETE, "there are too many");
	else if (r == 0)
		r = facts_append(facts, found.bytes, found.size);
	facts_fini(&found);
	return r;
}

void facts_fini(struct facts *facts) {
	free(facts->bytes);
	*facts = (struct facts){0};
}

const char *facts_next(const struct facts *facts, enum dltest_fact fact, const char *previous) {
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

bool facts_have(const struct facts *facts, enum dltest_fact fact, const char *text) {
	const char *known = NULL;

	while ((known = facts_next(facts, fact, known))) {
		if (strcmp(known, text) == 0)
			return true;
	}
	return false;
}

bool facts_has(const struct facts *facts, enum dltest_fact fact) {
	return facts_next(facts, fact, NULL) != NULL;
}
