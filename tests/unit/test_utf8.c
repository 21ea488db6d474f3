/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/utf8.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct sample {
	const char *bytes;
	size_t length;
};

/* The corners of RFC 3629: the first and last of each length, and beside the surrogates. */
static const struct sample valid[] = {
	{"", 0},
	{"\0", 1},
	{"a", 1},
	{"\x7f", 1},
	{"\xc2\x80", 2},
	{"\xdf\xbf", 2},
	{"\xe0\xa0\x80", 3},
	{"\xed\x9f\xbf", 3},
	{"\xee\x80\x80", 3},
	{"\xef\xbf\xbf", 3},
	{"\xf0\x90\x80\x80", 4},
	{"\xf4\x8f\xbf\xbf", 4},
	{"a\xc5\xbc"
	 "b\xe6\x97\xa5\xf0\x9f\xa6\x80",
		11},
};

static const struct sample invalid[] = {
	{"\x80", 1},
	{"\xbf", 1},
	{"\xc0\x80", 2},
	{"\xc1\xbf", 2},
	{"\xc2", 1},
	{"\xc2"
	 "a",
		2},
	{"\xc2\xc2", 2},
	{"\xe0\x80\x80", 3},
	{"\xe0\x9f\xbf", 3},
	{"\xe2\x82", 2},
	{"\xe2\x82"
	 "a",
		3},
	{"\xed\xa0\x80", 3},
	{"\xed\xbf\xbf", 3},
	{"\xf0\x80\x80\x80", 4},
	{"\xf0\x8f\xbf\xbf", 4},
	{"\xf0\x9f\xa6", 3},
	{"\xf4\x90\x80\x80", 4},
	{"\xf5\x80\x80\x80", 4},
	{"\xf8\x88\x80\x80\x80", 5},
	{"\xfe", 1},
	{"\xff", 1},
	{"good\xff", 5},
};

Test(utf8, accepts_what_is_well_formed) {
	for (size_t i = 0; i < COUNT(valid); i++)
		cr_expect(dltest_utf8_is_valid(valid[i].bytes, valid[i].length), "sample %zu", i);
}

Test(utf8, refuses_what_is_not_well_formed) {
	for (size_t i = 0; i < COUNT(invalid); i++)
		cr_expect_not(
			dltest_utf8_is_valid(invalid[i].bytes, invalid[i].length), "sample %zu", i);
}

/* Against a decoder that is written the other way round: from code points to bytes. */
Test(utf8, judges_every_code_point) {
	for (unsigned point = 0; point <= 0x110100; point++) {
		char bytes[4];
		size_t length;

		if (point < 0x80) {
			bytes[0] = (char)point;
			length = 1;
		} else if (point < 0x800) {
			bytes[0] = (char)(0xc0 | point >> 6);
			bytes[1] = (char)(0x80 | (point & 0x3f));
			length = 2;
		} else if (point < 0x10000) {
			bytes[0] = (char)(0xe0 | point >> 12);
			bytes[1] = (char)(0x80 | (point >> 6 & 0x3f));
			bytes[2] = (char)(0x80 | (point & 0x3f));
			length = 3;
		} else {
			bytes[0] = (char)(0xf0 | point >> 18);
			bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
			bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
			bytes[3] = (char)(0x80 | (point & 0x3f));
			length = 4;
		}
		bool expected = point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
		cr_assert_eq(dltest_utf8_is_valid(bytes, length), expected, "U+%04X", point);
		cr_assert_eq(dltest_utf8_sequence(bytes, length), expected ? length : 0, "U+%04X",
			point);
	}
}

Test(utf8, sequence_reads_no_further_than_told) {
	/* A copy on the heap, so that AddressSanitizer sees a step too far. */
	char *heap = malloc(1);

	cr_assert_not_null(heap);
	heap[0] = '\xe2';
	cr_expect_eq(dltest_utf8_sequence(heap, 1), 0);
	cr_expect_eq(dltest_utf8_sequence(heap, 0), 0);
	free(heap);
	cr_expect_eq(dltest_utf8_sequence("\0", 1), 1);
	cr_expect_eq(dltest_utf8_sequence("ab", 2), 1);
}

Test(utf8, repair_leaves_valid_text_alone) {
	const char text[] = "/home/\xc5\xbc/lib\xf0\x9f\xa6\x80.so";
	char *copy = dltest_utf8_repair(text, strlen(text));

	cr_assert_not_null(copy);
	cr_expect_str_eq(copy, text);
	free(copy);
}

Test(utf8, repair_makes_everything_valid) {
	for (size_t i = 0; i < COUNT(invalid); i++) {
		char *copy = dltest_utf8_repair(invalid[i].bytes, invalid[i].length);

		cr_assert_not_null(copy);
		cr_expect(dltest_utf8_is_valid(copy, strlen(copy)), "sample %zu", i);
		cr_expect_not_null(strstr(copy, "\xef\xbf\xbd"), "sample %zu", i);
		free(copy);
	}
}

Test(utf8, repair_replaces_byte_by_byte) {
	char *copy = dltest_utf8_repair("a\xff\xfe"
					"b\xe2\x82",
		6);

	cr_assert_not_null(copy);
	cr_expect_str_eq(copy, "a\xef\xbf\xbd\xef\xbf\xbd"
			       "b\xef\xbf\xbd\xef\xbf\xbd");
	free(copy);
}

Test(utf8, repair_replaces_nul) {
	char *copy = dltest_utf8_repair("a\0b", 3);

	cr_assert_not_null(copy);
	cr_expect_str_eq(copy, "a\xef\xbf\xbd"
			       "b");
	free(copy);
}

Test(utf8, repair_takes_an_empty_text) {
	char *copy = dltest_utf8_repair("", 0);

	cr_assert_not_null(copy);
	cr_expect_str_eq(copy, "");
	free(copy);
}

Test(utf8, cut_keeps_sequences_whole) {
	const char text[] = "ab\xe2\x82\xac" /* the euro sign */
			    "c";
	size_t length = strlen(text);

	cr_expect_eq(dltest_utf8_cut(text, length, 100), length);
	cr_expect_eq(dltest_utf8_cut(text, length, length), length);
	cr_expect_eq(dltest_utf8_cut(text, length, 5), 5);
	cr_expect_eq(dltest_utf8_cut(text, length, 4), 2);
	cr_expect_eq(dltest_utf8_cut(text, length, 3), 2);
	cr_expect_eq(dltest_utf8_cut(text, length, 2), 2);
	cr_expect_eq(dltest_utf8_cut(text, length, 0), 0);
	for (size_t limit = 0; limit <= length; limit++)
		cr_expect(dltest_utf8_is_valid(text, dltest_utf8_cut(text, length, limit)));
}
