/* SPDX-License-Identifier: MIT */
#include "visible.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/utf8.h>

#include "jsontext.h"
#include "unicode.h"

#define IS_IN(point, ranges) is_in(point, ranges, sizeof(ranges) / sizeof(*(ranges)))

static int compare(const void *key, const void *element) {
	const uint32_t point = *(const uint32_t *)key;
	const struct range *range = element;

	return point < range->first ? -1 : point > range->last;
}

static bool is_in(uint32_t point, const struct range *ranges, size_t count) {
	return bsearch(&point, ranges, count, sizeof(*ranges), compare) != NULL;
}

/* The character that a well-formed sequence of 'size' bytes stands for. */
static uint32_t decode(const char *bytes, size_t size) {
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t point = (unsigned char)bytes[0] & masks[size];

	for (size_t i = 1; i < size; i++)
		point = point << 6 | ((unsigned char)bytes[i] & 0x3fu);
	return point;
}

static void put_byte(struct jsontext *text, unsigned char byte) {
	static const char names[] = "\nn\rr\tt";
	const char *found = byte ? strchr(names, byte) : NULL;
	char escape[8];

	if (found && byte < ' ')
		snprintf(escape, sizeof(escape), "\\%c", found[1]);
	else
		snprintf(escape, sizeof(escape), "\\x%02x", byte);
	jsontext_puts(text, escape);
}

/* As JSON has it: beyond U+FFFF by two surrogates (RFC 8259). */
static void put_json_point(struct jsontext *text, uint32_t point) {
	char escape[16];

	if (point <= 0xffff)
		snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)point);
	else
		snprintf(escape, sizeof(escape), "\\u%04x\\u%04x",
			(unsigned)(0xd800 + ((point - 0x10000) >> 10)),
			(unsigned)(0xdc00 + ((point - 0x10000) & 0x3ff)));
	jsontext_puts(text, escape);
}

/* Whether a character is better not printed as it is. */
static bool is_harmful(uint32_t point) {
	return point < ' ' || point == 0x7f || (point >= 0x80 && IS_IN(point, invisible));
}

void visible_put_json(struct jsontext *text, const char *bytes, size_t length) {
	while (length > 0) {
		size_t size = dltest_utf8_sequence(bytes, length);
		uint32_t point = size > 0 ? decode(bytes, size) : 0xfffd;

		if (is_harmful(point) && *bytes != '\n')
			put_json_point(text, point);
		else
			jsontext_put(text, bytes, size > 0 ? size : 1);
		size += size == 0;
		bytes += size;
		length -= size;
	}
}

static void put_point(struct jsontext *text, uint32_t point) {
	char escape[16];

	snprintf(escape, sizeof(escape), point > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)point);
	jsontext_puts(text, escape);
}

void visible_put(struct jsontext *text, const char *bytes, size_t length, bool utf8) {
	while (length > 0) {
		size_t size = dltest_utf8_sequence(bytes, length);
		uint32_t point = size > 0 ? decode(bytes, size) : 0;

		if (size == 0 || point < ' ' || point == 0x7f)
			put_byte(text, (unsigned char)*bytes);
		else if (point >= 0x80 && (!utf8 || IS_IN(point, invisible)))
			put_point(text, point);
		else
			jsontext_put(text, bytes, size);
		size += size == 0;
		bytes += size;
		length -= size;
	}
}

void visible_puts(struct jsontext *text, const char *string, bool utf8) {
	visible_put(text, string, strlen(string), utf8);
}

/* The columns of the character at 'text', and how many bytes it has. */
static size_t measure(const char *text, size_t length, size_t *ret_size) {
	size_t size = dltest_utf8_sequence(text, length);
	uint32_t point = size > 1 ? decode(text, size) : 0;

	*ret_size = size + (size == 0);
	return IS_IN(point, combining) ? 0 : IS_IN(point, wide) ? 2 : 1;
}

size_t visible_width(const char *text, size_t length) {
	size_t width = 0, size;

	for (size_t at = 0; at < length; at += size)
		width += measure(text + at, length - at, &size);
	return width;
}

size_t visible_skip(const char *text, size_t length, size_t columns) {
	size_t width = visible_width(text, length), at = 0, size;

	for (; at < length && width > columns; at += size)
		width -= measure(text + at, length - at, &size);
	/* No mark without its letter. */
	while (at < length && at > 0 && measure(text + at, length - at, &size) == 0)
		at += size;
	return at;
}
