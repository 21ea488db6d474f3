/* SPDX-License-Identifier: MIT */
#include "dlopennote.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char told[4][8192];
static size_t told_count;

static void take(void *context, const char *need) {
	int tabs = 0;

	cr_assert_eq(context, told);
	for (const char *letter = need; *letter; letter++) {
		cr_assert(*letter == '\t' || (unsigned char)*letter >= 0x20);
		tabs += *letter == '\t';
	}
	cr_assert_geq(tabs, 2);
	cr_assert_leq(tabs, 1 + DLOPENNOTE_NAMES_MAX);
	cr_assert_lt(strlen(need), sizeof(told[0]));
	if (told_count < 4)
		strcpy(told[told_count], need);
	told_count++;
}

static int parse(const char *json) {
	told_count = 0;
	return dlopennote_parse(json, strlen(json), take, told);
}

Test(dlopennote, reads_notes_as_they_are_specified) {
	cr_expect_eq(parse("[]"), 0);
	cr_expect_eq(told_count, 0);
	cr_expect_eq(parse("[{\"soname\":[\"liba.so\",\"libb.so\"],\"feature\":\"f\","
			   "\"description\":\"d\",\"priority\":\"required\"},"
			   "\n {\"priority\" : \"suggested\", \"soname\" : [ \"libc.so\" ],"
			   "\"description\":\"d e\"},{\"soname\":[\"libd.so\"],\"new\":[{}]}]"),
		0);
	cr_assert_eq(told_count, 3);
	cr_expect_str_eq(told[0], "required\tf\tliba.so\tlibb.so");
	cr_expect_str_eq(told[1], "suggested\td e\tlibc.so");
	cr_expect_str_eq(told[2], "recommended\t\tlibd.so");
}

Test(dlopennote, reads_escapes) {
	cr_expect_eq(parse("[{\"soname\":[\"a\\u0041\\u00e9\\u20ac\\ud83e\"],"
			   "\"feature\":\"\\\"\\\\\\/\"}]"),
		0);
	cr_expect_str_eq(told[0], "recommended\t\"\\/\taA\xc3\xa9\xe2\x82\xac\xef\xbf\xbd");
}

Test(dlopennote, refuses_nonsense) {
	static const char *const whole[] = {"", "{}", "null", "[", "[}", "[{\"soname\":[\"a\"]}",
		"[{\"soname\":[\"a\"]}] []", "[{]}", "[\"", "[\"\\", "[\"\\u12"};
	static const char *const parts[] = {"[7]", "[{}]", "[[]]", "[{\"soname\"}]",
		"[{\"soname\":\"a\"}]", "[{\"soname\":[]}]", "[{\"soname\":[7]}]",
		"[{\"soname\":[\"\"]}]", "[{\"soname\":[\"/x\"]}]", "[{\"soname\":[\"a\\tb\"]}]",
		"[{\"soname\":[\"a\\u0000b\"]}]", "[{\"soname\":{\"a\":\"b\"}}]"};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		cr_expect_eq(parse(whole[i]), -EBADMSG, "%s", whole[i]);
		cr_expect_eq(told_count, 0, "%s", whole[i]);
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		cr_expect_eq(parse(parts[i]), -EBADMSG, "%s", parts[i]);
		cr_expect_eq(told_count, 0, "%s", parts[i]);
	}
	cr_expect_eq(parse("[{\"soname\":[\"/x\",\"liba.so\"],\"feature\":7},7]"), -EBADMSG);
	cr_assert_eq(told_count, 1);
	cr_expect_str_eq(told[0], "recommended\t\tliba.so");
}

Test(dlopennote, bounds_what_a_note_tells) {
	static char text[DLOPENNOTE_SIZE_MAX + 100];
	char *end = text;

	memset(text, '[', 50000);
	cr_expect_eq(parse(text), -EBADMSG);
	memset(text, ' ', DLOPENNOTE_SIZE_MAX);
	memcpy(text, "[]", 2);
	cr_expect_eq(parse(text), 0);
	text[DLOPENNOTE_SIZE_MAX] = ' ';
	cr_expect_eq(parse(text), -EBADMSG);

	*end++ = '[';
	for (int i = 0; i < 40; i++)
		end = stpcpy(end, "{\"soname\":[\"liba.so\"]},");
	strcpy(end, "{}]");
	cr_expect_eq(parse(text), -EBADMSG);
	cr_expect_eq(told_count, DLOPENNOTE_NEEDS_MAX);

	end = stpcpy(text, "[{\"soname\":[");
	for (int i = 0; i < 20; i++) {
		end = stpcpy(end, i ? ",\"" : "\"");
		memset(end, 'x', DLOPENNOTE_NAME_MAX);
		end = stpcpy(end + DLOPENNOTE_NAME_MAX, "\"");
	}
	strcpy(end, "]}]");
	cr_expect_eq(parse(text), -EBADMSG);
	cr_expect_eq(told_count, 1);
}

static size_t put_note(char *target, uint32_t type, const char *name, const char *json) {
	uint32_t head[3] = {(uint32_t)strlen(name) + 1, (uint32_t)strlen(json) + 1, type};
	size_t size = sizeof(head);

	memcpy(target, head, sizeof(head));
	strcpy(target + size, name);
	size += (head[0] + 3) & ~3u;
	strcpy(target + size, json);
	return size + ((head[1] + 3) & ~3u);
}

static size_t put_notes(char *notes) {
	size_t size = put_note(notes, 1, "GNU", "whatever");

	size += put_note(notes + size, DLOPENNOTE_TYPE, "FDO", "[{\"soname\":[\"liba.so\"]}]");
	size += put_note(notes + size, DLOPENNOTE_TYPE, "fdo", "nonsense");
	size += put_note(notes + size, DLOPENNOTE_TYPE + 1, "FDO", "nonsense");
	return size + put_note(notes + size, DLOPENNOTE_TYPE, "FDO",
			      "[{\"soname\":[\"libb.so\",\"libc.so\"],\"feature\":\"\\u00e9\"}]");
}

Test(dlopennote, finds_its_notes_among_others) {
	char notes[512] = {0};
	size_t size = put_notes(notes);

	cr_expect_eq(dlopennote_walk(notes, size, 4, take, told), 0);
	cr_assert_eq(told_count, 2);
	cr_expect_str_eq(told[1], "recommended\t\xc3\xa9\tlibb.so\tlibc.so");
	cr_expect_eq(dlopennote_walk(notes, 0, 4, take, told), 0);
	put_note(notes + size, DLOPENNOTE_TYPE, "FDO", "nonsense");
	cr_expect_eq(dlopennote_walk(notes, sizeof(notes), 4, take, told), -EBADMSG);
}

/* At the end of a page behind which there is nothing, so that reading on is fatal. */
Test(dlopennote, survives_any_bytes) {
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char original[512] = {0};
	size_t size = put_notes(original);

	cr_assert_neq(pages, MAP_FAILED);
	cr_assert_eq(mprotect(pages + page, page, PROT_NONE), 0);
	srand(1);
	for (int round = 0; round < 200000; round++) {
		size_t cut = round % 3 == 0 ? (size_t)rand() % (size + 1) : size;
		char *notes = pages + page - cut;

		memcpy(notes, original, cut);
		for (int i = rand() % 6; i > 0 && cut > 0; i--) {
			static const char likely[] = "\"\\[]{}:,u\0\x01\xff";
			char byte = rand() % 2 ? (char)rand() : likely[rand() % 12];

			notes[(size_t)rand() % cut] = byte;
		}
		dlopennote_walk(notes, cut, round % 2 ? 4 : 8, take, told);
	}
	munmap(pages, 2 * page);
}
