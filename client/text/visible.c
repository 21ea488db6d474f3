/* SPDX-License-Identifier: MIT */
#include "visible.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <dltest/utf8.h>

#include "jsontext.h"

struct range {
	uint32_t first, last;
};

/* C1 controls; soft hyphen; zero widths and the marks, embeddings, overrides and isolates of
 * direction; line and paragraph separators; invisible operators; byte order mark; annotations;
 * tags. All of Unicode's Cf and Zl and Zp that is not visible by itself. */
static const struct range invisible[] = {
	{0x80, 0x9f},
	{0xad, 0xad},
	{0x61c, 0x61c},
	{0x180e, 0x180e},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0xfeff, 0xfeff},
	{0xfff9, 0xfffb},
	{0xe0000, 0xe007f},
};

/* Written over the character before. The blocks of combining marks that are only that. */
static const struct range combining[] = {
	{0x300, 0x36f},
	{0x483, 0x489},
	{0x591, 0x5bd},
	{0x610, 0x61a},
	{0x64b, 0x65f},
	{0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff},
	{0x20d0, 0x20ff},
	{0x3099, 0x309a},
	{0xfe00, 0xfe0f},
	{0xfe20, 0xfe2f},
	{0xe0100, 0xe01ef},
};

/* Two columns: East Asian scripts, full width forms, pictographs. */
static const struct range wide[] = {
	{0x1100, 0x115f},
	{0x2e80, 0x303e},
	{0x3041, 0xa4cf},
	{0xa960, 0xa97f},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff},
	{0x1f900, 0x1f9ff},
	{0x20000, 0x3fffd},
};

#define IS_IN(point, ranges) is_in(point, ranges, sizeof(ranges) / sizeof(*(ranges)))

static bool is_in(uint32_t point, const struct range *ranges, size_t count) {
	for (size_t i = 0; i < count; i++) {
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	}
	return false;
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
