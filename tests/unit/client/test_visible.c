/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/utf8.h>

#include "jsontext.h"
#include "visible.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void expect(const char *bytes, size_t length, bool utf8, const char *wanted) {
	cleanup_jsontext struct jsontext text = {0};

	visible_put(&text, bytes, length, utf8);
	jsontext_put(&text, "", 1);
	cr_assert_not(text.failed);
	cr_expect_str_eq(text.bytes, wanted);
}

Test(visible, what_is_shown) {
	static const struct {
		const char *bytes;
		const char *with_utf8;
		const char *without;
	} samples[] = {
		{"", "", ""},
		{"/usr/lib/libz.so.1 ~", "/usr/lib/libz.so.1 ~", "/usr/lib/libz.so.1 ~"},
		{"a\\b", "a\\b", "a\\b"},
		{"\n\r\t\b\x1b[31m\x7f", "\\n\\r\\t\\x08\\x1b[31m\\x7f",
			"\\n\\r\\t\\x08\\x1b[31m\\x7f"},
		{"\xc3\xbc\xe4\xb8\xad", "\xc3\xbc\xe4\xb8\xad", "\\u00fc\\u4e2d"},
		{"\xc2\x9b", "\\u009b", "\\u009b"},
		{"\xe2\x80\xae\xe2\x81\xa6", "\\u202e\\u2066", "\\u202e\\u2066"},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\\U0001f600"},
		{"\xf3\xa0\x81\x81", "\\U000e0041", "\\U000e0041"},
		{"a\xff\xc3(\xed\xa0\x80", "a\\xff\\xc3(\\xed\\xa0\\x80",
			"a\\xff\\xc3(\\xed\\xa0\\x80"},
	};

	for (size_t i = 0; i < COUNT(samples); i++) {
		expect(samples[i].bytes, strlen(samples[i].bytes), true, samples[i].with_utf8);
		expect(samples[i].bytes, strlen(samples[i].bytes), false, samples[i].without);
	}
	expect("a\0b", 3, true, "a\\x00b");
}

static size_t encode(uint32_t point, char bytes[4]) {
	if (point < 0x80) {
		bytes[0] = (char)point;
		return 1;
	}
	size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	for (size_t i = size - 1; i > 0; i--, point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)((0xf00u >> size & 0xf0u) | point);
	return size;
}

/* What no terminal must get: the controls, and what Unicode names as Bidi_Control. */
static bool is_harmful(uint32_t point) {
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
	       point == 0x200e || point == 0x200f || (point >= 0x202a && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069);
}

/* One character alone. Asserting a million times takes Criterion half a minute. */
static bool is_shown_well(uint32_t point) {
	cleanup_jsontext struct jsontext shown = {0}, ascii = {0};
	char bytes[4];
	size_t size = encode(point, bytes);

	visible_put(&shown, bytes, size, true);
	visible_put(&ascii, bytes, size, false);
	for (size_t i = 0; i < ascii.length; i++) {
		if (ascii.bytes[i] < ' ' || ascii.bytes[i] > '~')
			return false;
	}
	bool same = shown.length == size && memcmp(shown.bytes, bytes, size) == 0;
	if (same ? is_harmful(point) : shown.bytes[0] != '\\')
		return false;
	size_t width = visible_width(shown.bytes, shown.length);
	return dltest_utf8_sequence(bytes, size) == size && width <= (same ? 2 : shown.length);
}

Test(visible, every_character) {
	for (uint32_t point = 0; point <= 0x10ffff; point++) {
		if (point >= 0xd800 && point < 0xe000)
			continue;
		if (!is_shown_well(point))
			cr_expect_fail("U+%04x", point);
	}
}

static bool is_harmless(const struct jsontext *text) {
	for (size_t i = 0; i < text->length; i++) {
		if ((unsigned char)text->bytes[i] < ' ' || text->bytes[i] == 0x7f)
			return false;
	}
	return dltest_utf8_is_valid(text->bytes, text->length);
}

/* What is skipped leaves no more than the columns asked for. */
static bool is_skipped_well(const struct jsontext *text) {
	size_t width = visible_width(text->bytes, text->length);

	for (size_t columns = 0; columns <= width + 1; columns++) {
		size_t skip = visible_skip(text->bytes, text->length, columns);

		if (skip > text->length ||
			visible_width(text->bytes + skip, text->length - skip) > columns)
			return false;
	}
	return true;
}

Test(visible, any_bytes) {
	uint32_t random = 1;
	char bytes[64];

	for (int round = 0; round < 300; round++) {
		cleanup_jsontext struct jsontext text = {0};

		for (size_t i = 0; i < sizeof(bytes); i++) {
			random = random * 1664525u + 1013904223u;
			bytes[i] = (char)(random >> 24);
		}
		visible_put(&text, bytes, sizeof(bytes), true);
		cr_assert(is_harmless(&text) && is_skipped_well(&text), "round %d", round);
	}
}

Test(visible, widths) {
	static const struct {
		const char *text;
		size_t width;
	} samples[] = {
		{"", 0}, {"abc", 3}, {"\xc3\xbc", 1},
		{"u\xcc\x88", 1},	 /* u and a combining diaeresis */
		{"\xe4\xb8\xad", 2},	 /* a Chinese character */
		{"\xef\xbc\xa1", 2},	 /* a full width A */
		{"\xf0\x9f\x98\x80", 2}, /* a smiling face */
		{"\xe2\x9c\x93", 1},	 /* the check mark of a row */
		{"\xed\x95\x9c x", 4},	 /* a Hangul syllable */
		{"\xd0\x96\xce\xa9", 2}, /* Cyrillic and Greek */
	};

	for (size_t i = 0; i < COUNT(samples); i++)
		cr_expect_eq(visible_width(samples[i].text, strlen(samples[i].text)),
			samples[i].width, "%s", samples[i].text);
}

Test(visible, skip) {
	cr_expect_eq(visible_skip("abcdef", 6, 6), 0);
	cr_expect_eq(visible_skip("abcdef", 6, 2), 4);
	cr_expect_eq(visible_skip("abcdef", 6, 0), 6);
	/* A character of two columns goes as a whole, and a mark goes with its letter. */
	cr_expect_eq(visible_skip("\xe4\xb8\xad"
				  "bc",
			     5, 3),
		3);
	cr_expect_eq(visible_skip("u\xcc\x88"
				  "bc",
			     5, 2),
		3);
}

static void expect_json(const char *bytes, const char *wanted) {
	cleanup_jsontext struct jsontext text = {0};

	visible_put_json(&text, bytes, strlen(bytes));
	jsontext_put(&text, "", 1);
	cr_assert_not(text.failed);
	cr_expect_str_eq(text.bytes, wanted);
}

Test(visible, json_means_the_same) {
	expect_json("[{\"path\":\"/a\\n\\u0007\"}]\n", "[{\"path\":\"/a\\n\\u0007\"}]\n");
	expect_json("\"\x7f\xc2\x9b\xe2\x80\xae\"", "\"\\u007f\\u009b\\u202e\"");
	expect_json("\"\xf3\xa0\x81\x81\"", "\"\\udb40\\udc41\"");
	expect_json("\"\xe3\x85\xa4\xef\xbe\xa0\"", "\"\\u3164\\uffa0\"");
	expect_json("\"\xc3\xbc\xf0\x9f\x98\x80\"", "\"\xc3\xbc\xf0\x9f\x98\x80\"");
}

Test(visible, widths_are_those_of_unicode) {
	static const struct {
		const char *text;
		size_t width;
	} samples[] = {
		{"\xe0\xb8\x81\xe0\xb8\xb5\xe0\xb9\x88", 1},	  /* Thai, with two marks */
		{"\xe0\xa4\x95\xe0\xa5\x8d\xe0\xa4\xb7", 2},	  /* Hindi, with a virama */
		{"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2},	  /* a syllable in jamo */
		{"\xf0\x9f\x98\x80", 2},			  /* an emoji */
		{"\xe2\x9c\x85", 2}, {"\xe2\x9c\x93", 1},	  /* two check marks */
		{"\xd7\xa9\xd6\xb8", 1}, {"\xd8\xa8\xd9\x8e", 1}, /* Hebrew, Arabic */
		{"\xcd\xb8", 1},				  /* not assigned */
		{"\xf0\xa0\x80\x80", 2}, {"\xd8\x80", 1},	  /* CJK; a written control */
	};

	for (size_t i = 0; i < COUNT(samples); i++)
		cr_expect_eq(visible_width(samples[i].text, strlen(samples[i].text)),
			samples[i].width, "%s", samples[i].text);
}
