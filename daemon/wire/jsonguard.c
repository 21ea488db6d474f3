/* SPDX-License-Identifier: MIT */
#include "jsonguard.h"

#include <ctype.h>
#include <string.h>

#include <dltest/utf8.h>

struct cursor {
	const char *at, *end;
};

/* The rest of a string, from behind its opening quote. */
static bool skip_string(struct cursor *cursor) {
	while (cursor->at < cursor->end) {
		char c = *cursor->at++;

		if (c == '"')
			return true;
		if ((unsigned char)c < 0x20)
			return false;
		if (c != '\\')
			continue;
		if (cursor->end - cursor->at >= 5 && memcmp(cursor->at, "u0000", 5) == 0)
			return false;
		/* A character of an escape, which might be a quote. */
		if (cursor->at < cursor->end)
			cursor->at++;
	}
	return false;
}

static bool skip_digits(struct cursor *cursor) {
	const char *start = cursor->at;

	while (cursor->at < cursor->end && isdigit((unsigned char)*cursor->at))
		cursor->at++;
	return cursor->at > start;
}

static bool skip_if(struct cursor *cursor, const char *set) {
	if (cursor->at == cursor->end || !*cursor->at || !strchr(set, *cursor->at))
		return false;
	cursor->at++;
	return true;
}

/* RFC 8259, section 6. */
static bool skip_number(struct cursor *cursor) {
	skip_if(cursor, "-");
	if (!skip_if(cursor, "0") && !skip_digits(cursor))
		return false;
	if (skip_if(cursor, ".") && !skip_digits(cursor))
		return false;
	if (skip_if(cursor, "eE")) {
		skip_if(cursor, "+-");
		if (!skip_digits(cursor))
			return false;
	}
	return cursor->at == cursor->end || !isalnum((unsigned char)*cursor->at);
}

static bool skip_token(struct cursor *cursor, unsigned *depth, unsigned limit) {
	char c = *cursor->at;

	if (c == '-' || isdigit((unsigned char)c))
		return skip_number(cursor);
	cursor->at++;
	if (c == '"')
		return skip_string(cursor);
	if (c == '{' || c == '[')
		return ++*depth <= limit;
	if (c == '}' || c == ']')
		return (*depth)-- > 0;
	/* Letters of true, false and null, white space and separators: cJSON looks at them. */
	return isalpha((unsigned char)c) || (c && strchr(" \t\r\n,:", c));
}

bool jsonguard_accepts(const char *text, size_t length, unsigned limit) {
	struct cursor cursor = {text, text + length};
	unsigned depth = 0;

	if (!dltest_utf8_is_valid(text, length))
		return false;
	while (cursor.at < cursor.end) {
		if (!skip_token(&cursor, &depth, limit))
			return false;
	}
	return depth == 0;
}
