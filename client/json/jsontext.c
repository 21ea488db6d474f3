/* SPDX-License-Identifier: MIT */
#include "jsontext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/utf8.h>

void jsontext_fini(struct jsontext *text) {
	free(text->bytes);
	*text = (struct jsontext){0};
}

void jsontext_put(struct jsontext *text, const char *bytes, size_t length) {
	if (text->failed || length == 0)
		return;
	if (length > text->capacity - text->length) {
		size_t capacity = text->capacity + length > 2 * text->capacity
					  ? text->capacity + length + 256
					  : 2 * text->capacity;
		char *grown = realloc(text->bytes, capacity);

		if (!grown) {
			text->failed = true;
			return;
		}
		text->bytes = grown;
		text->capacity = capacity;
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

void jsontext_puts(struct jsontext *text, const char *string) {
	jsontext_put(text, string, strlen(string));
}

/* What RFC 8259 wants escaped, in the short form where there is one. */
static void put_escaped(struct jsontext *text, char c) {
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *found = strchr(from, c);
	char escape[8];

	if (found) {
		char two[2] = {'\\', to[found - from]};
		jsontext_put(text, two, 2);
		return;
	}
	int length = snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)c);
	jsontext_put(text, escape, (size_t)length);
}

static bool is_plain(char c) {
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

void jsontext_string(struct jsontext *text, const char *value) {
	size_t left = strlen(value);

	jsontext_put(text, "\"", 1);
	while (left > 0) {
		size_t size = dltest_utf8_sequence(value, left);

		if (size == 0)
			jsontext_puts(text, "\xef\xbf\xbd");
		else if (size == 1 && !is_plain(*value))
			put_escaped(text, *value);
		else
			jsontext_put(text, value, size);
		size += size == 0;
		value += size;
		left -= size;
	}
	jsontext_put(text, "\"", 1);
}

void jsontext_strings(
	struct jsontext *text, const char *name, const char *const *items, size_t count) {
	if (count == 0)
		return;
	jsontext_puts(text, ",\"");
	jsontext_puts(text, name);
	jsontext_puts(text, "\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			jsontext_put(text, ",", 1);
		jsontext_string(text, items[i]);
	}
	jsontext_put(text, "]", 1);
}
