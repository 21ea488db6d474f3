/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <dltest/fact.h>
#include <stdbool.h>
#include <string.h>

/* Kept free for the fact that facts are missing. */
#define RESERVE 64

static struct {
	char bytes[LOADER_FACTS_MAX];
	size_t size;
	bool full;
} facts;

static void append(enum dltest_fact fact, const char *text, size_t length) {
	facts.bytes[facts.size++] = (char)fact;
	memcpy(facts.bytes + facts.size, text, length);
	facts.size += length;
	facts.bytes[facts.size++] = '\0';
}

void facts_add(enum dltest_fact fact, const char *text) {
	static const char complaint[] = "there are too many to tell";
	size_t length = strlen(text);

	if (facts.full)
		return;
	if (length + 2 <= sizeof(facts.bytes) - RESERVE - facts.size) {
		append(fact, text, length);
		return;
	}
	facts.full = true;
	append(DLTEST_FACT_INCOMPLETE, complaint, sizeof(complaint) - 1);
}

void facts_add_once(enum dltest_fact fact, const char *text) {
	for (size_t at = 0; at < facts.size; at += strlen(facts.bytes + at) + 1) {
		if (facts.bytes[at] == (char)fact && strcmp(facts.bytes + at + 1, text) == 0)
			return;
	}
	facts_add(fact, text);
}

const char *facts_get(size_t *ret_size) {
	*ret_size = facts.size;
	return facts.bytes;
}

void facts_clear(void) {
	facts.size = 0;
	facts.full = false;
}
