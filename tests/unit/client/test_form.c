/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "form.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FILE_SIZE    16384

#define TEXT_FORM(text, form) \
	{ text, sizeof(text) - 1, form }

#define INTERPRETER 3
#define DYNAMIC	    2
#define SONAME	    14
#define FLAGS_1	    0x6ffffffb
#define PIE	    0x08000001

/* Where what is not at its place in the header is. */
#define SEGMENTS_AT 128
#define DYNAMIC_AT  6000
#define SECTIONS_AT 9000

/* An ELF file that is being written. */
static struct {
	unsigned char bytes[FILE_SIZE];
	size_t size;
	bool is_64, is_big;
	unsigned segments, entries, sections;
} elf;

static void put(size_t at, size_t size, uint64_t number) {
	for (size_t i = 0; i < size; i++)
		elf.bytes[at + (elf.is_big ? size - 1 - i : i)] = (unsigned char)(number >> 8 * i);
}

static void put_word(size_t at_32, size_t at_64, uint64_t number) {
	put(elf.is_64 ? at_64 : at_32, elf.is_64 ? 8 : 4, number);
}

static void begin(bool is_64, bool is_big, unsigned type, unsigned machine) {
	memset(&elf, 0, sizeof(elf));
	elf.size = FILE_SIZE;
	elf.is_64 = is_64;
	elf.is_big = is_big;
	memcpy(elf.bytes, "\177ELF", 4);
	elf.bytes[4] = is_64 ? 2 : 1;
	elf.bytes[5] = is_big ? 2 : 1;
	put(16, 2, type);
	put(18, 2, machine);
	put_word(28, 32, SEGMENTS_AT);
	put_word(32, 40, SECTIONS_AT);
}

static void add_segment(unsigned type) {
	size_t at = SEGMENTS_AT + elf.segments++ * (elf.is_64 ? 56 : 32);

	put(at, 4, type);
	put_word(at + 4, at + 8, DYNAMIC_AT);
	put_word(at + 8, at + 16, 0x7000);
	put_word(at + 16, at + 32, 512);
	put_word(at + 20, at + 40, 512);
	put(elf.is_64 ? 56 : 44, 2, elf.segments);
}

static void add_entry(uint64_t tag, uint64_t value) {
	size_t at = DYNAMIC_AT + elf.entries++ * (elf.is_64 ? 16 : 8);

	put_word(at, at, tag);
	put_word(at + 4, at + 8, value);
}

static void add_section(unsigned type, uint64_t address) {
	size_t at = SECTIONS_AT + elf.sections++ * (elf.is_64 ? 64 : 40);

	put(at + 4, 4, type);
	put_word(at + 8, at + 8, 2);
	put_word(at + 12, at + 16, address);
	put_word(at + 20, at + 32, 512);
	put(elf.is_64 ? 60 : 48, 2, elf.sections);
}

/* A library for another machine, with something behind what tells. */
static void begin_library(bool is_64, bool is_big) {
	begin(is_64, is_big, 3, 22);
	add_segment(1);
	add_segment(DYNAMIC);
	add_entry(1, 7);
	add_section(1, 0x7000);
}

static enum form form_of(const void *bytes, size_t size) {
	int fd = memfd_create("form", MFD_CLOEXEC);
	enum form form = (enum form)99;

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
	cr_assert_eq(form_find(fd, &form), 0);
	if (form == FORM_OTHER)
		cr_assert_eq(form_find_of_text(fd, &form), 0);
	close(fd);
	return form;
}

static void expect_elf(enum form wanted) {
	cr_expect_eq(form_of(elf.bytes, elf.size), wanted, "%d bits, big-endian %d",
		elf.is_64 ? 64 : 32, elf.is_big);
}

/* Of both classes and byte orders. */
#define EACH_ELF(is_64, is_big) \
	for (int is_64 = 0; is_64 < 2; is_64++) \
		for (int is_big = 0; is_big < 2; is_big++)

Test(form, libraries_of_all_machines) {
	EACH_ELF(is_64, is_big) {
		begin_library(is_64, is_big);
		expect_elf(FORM_LIBRARY);
	}
}

Test(form, programs_are_none) {
	EACH_ELF(is_64, is_big) {
		begin_library(is_64, is_big);
		add_entry(FLAGS_1, PIE);
		expect_elf(FORM_OTHER);
		begin_library(is_64, is_big);
		add_segment(INTERPRETER);
		expect_elf(FORM_OTHER);
		begin(is_64, is_big, 2, 62);
		expect_elf(FORM_OTHER);
	}
}

Test(form, libraries_that_can_be_run_have_a_name) {
	EACH_ELF(is_64, is_big) {
		begin_library(is_64, is_big);
		add_segment(INTERPRETER);
		add_entry(SONAME, 9);
		add_entry(FLAGS_1, 1);
		expect_elf(FORM_LIBRARY);
	}
}

Test(form, what_stands_behind_the_end_of_the_dynamic_section_does_not_count) {
	begin_library(true, false);
	add_entry(0, 0);
	add_entry(FLAGS_1, PIE);
	expect_elf(FORM_LIBRARY);
}

Test(form, files_for_no_machine_and_without_a_dynamic_section_are_none) {
	EACH_ELF(is_64, is_big) {
		begin_library(is_64, is_big);
		put(18, 2, 0);
		expect_elf(FORM_OTHER);
		begin(is_64, is_big, 3, 62);
		add_segment(1);
		expect_elf(FORM_OTHER);
	}
}

Test(form, debugging_information_lies_beside) {
	EACH_ELF(is_64, is_big) {
		begin_library(is_64, is_big);
		add_section(8, 0x1000);
		expect_elf(FORM_LIBRARY);
		add_section(8, 0x7000);
		expect_elf(FORM_BESIDE);
	}
}

Test(form, libraries_that_are_cut_off_are_libraries) {
	for (size_t size = 20; size < FILE_SIZE; size += 97) {
		begin_library(true, false);
		elf.size = size;
		expect_elf(FORM_LIBRARY);
		begin_library(true, false);
		add_segment(INTERPRETER);
		elf.size = size;
		/* Of a program its interpreter tells, as long as that is there. */
		expect_elf(size < SEGMENTS_AT + 2 * 56 + 4 ? FORM_LIBRARY : FORM_OTHER);
	}
	begin_library(true, false);
	elf.size = 17;
	expect_elf(FORM_OTHER);
}

Test(form, offsets_that_no_file_has_are_read_from_nowhere) {
	static const uint64_t offsets[] = {
		UINT64_MAX, UINT64_MAX - 3, INT64_MAX, UINT64_C(1) << 63};

	for (size_t i = 0; i < COUNT(offsets); i++) {
		begin_library(true, false);
		put(32, 8, offsets[i]);
		expect_elf(FORM_LIBRARY);
		begin_library(true, false);
		put(40, 8, offsets[i]);
		expect_elf(FORM_LIBRARY);
		begin_library(true, false);
		put(SEGMENTS_AT + 56 + 8, 8, offsets[i]);
		put(SEGMENTS_AT + 56 + 32, 8, UINT64_MAX);
		expect_elf(FORM_LIBRARY);
	}
}

Test(form, headers_that_make_no_sense_are_of_no_library) {
	for (size_t at = 4; at < 6; at++) {
		for (unsigned value = 0; value < 256; value++) {
			begin_library(true, false);
			elf.bytes[at] = (unsigned char)value;
			enum form form = form_of(elf.bytes, elf.size);
			cr_expect(value == 1 || value == 2 || form == FORM_OTHER, "%u", value);
		}
	}
}

Test(form, texts) {
	static const struct {
		const char *text;
		size_t length;
		enum form form;
	} texts[] = {
		TEXT_FORM("", FORM_OTHER),
		TEXT_FORM("x", FORM_OTHER),
		TEXT_FORM("libfoo.so.1.2.3", FORM_OTHER),
		TEXT_FORM("<html>404 Not Found</html>", FORM_OTHER),
		TEXT_FORM("INPUT(-lncurses)\n", FORM_BESIDE),
		TEXT_FORM("/* GNU ld script */\nGROUP ( libc.so.6 )\n", FORM_BESIDE),
		TEXT_FORM("INPUT(-lncurses)\n\0", FORM_OTHER),
		TEXT_FORM("!<arch>\n", FORM_OTHER),
		TEXT_FORM("\177EL", FORM_OTHER),
		TEXT_FORM("\177ELF", FORM_OTHER),
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		cr_expect_eq(form_of(texts[i].text, texts[i].length), texts[i].form, "%s",
			texts[i].text);
}

static void expect_mach(const char *magic, bool is_big, unsigned type, enum form form) {
	memset(&elf, 0, sizeof(elf));
	elf.is_big = is_big;
	memcpy(elf.bytes, magic, 4);
	put(12, 4, type);
	cr_expect_eq(form_of(elf.bytes, 64), form, "type %u", type);
	cr_expect_eq(form_of(elf.bytes, 14), FORM_OTHER);
	/* The same as the first one of a file for several machines. */
	memmove(elf.bytes + 512, elf.bytes, 64);
	memset(elf.bytes, 0, 64);
	elf.is_big = true;
	memcpy(elf.bytes, "\xca\xfe\xba\xbe\0\0\0\2", 8);
	put(16, 4, 512);
	cr_expect_eq(form_of(elf.bytes, 1024), form, "type %u of several", type);
	memcpy(elf.bytes, "\xca\xfe\xba\xbf\0\0\0\2", 8);
	put(16, 8, 512);
	cr_expect_eq(form_of(elf.bytes, 1024), form, "type %u of several, 64 bits", type);
	memcpy(elf.bytes, "\xca\xfe\xba\xbe\0\0\0\x34", 8);
	cr_expect_eq(form_of(elf.bytes, 1024), FORM_OTHER, "a class of Java");
}

Test(form, libraries_of_macos) {
	static const struct {
		unsigned type;
		enum form form;
	} types[] = {{1, FORM_OTHER}, {2, FORM_OTHER}, {6, FORM_LIBRARY}, {8, FORM_LIBRARY},
		{9, FORM_OTHER}, {10, FORM_BESIDE}};

	for (size_t i = 0; i < COUNT(types); i++) {
		expect_mach("\xcf\xfa\xed\xfe", false, types[i].type, types[i].form);
		expect_mach("\xce\xfa\xed\xfe", false, types[i].type, types[i].form);
		expect_mach("\xfe\xed\xfa\xce", true, types[i].type, types[i].form);
	}
}

static void begin_dll(bool is_64, unsigned flags) {
	memset(&elf, 0, sizeof(elf));
	memcpy(elf.bytes, "MZ", 2);
	put(0x3c, 4, 128);
	memcpy(elf.bytes + 128, "PE\0\0", 4);
	put(128 + 22, 2, flags);
	put(128 + 24, 2, is_64 ? 0x20b : 0x10b);
	put(128 + 24 + (is_64 ? 108 : 92), 4, 16);
}

Test(form, libraries_of_windows) {
	for (int is_64 = 0; is_64 < 2; is_64++) {
		begin_dll(is_64, 0x2022);
		cr_expect_eq(form_of(elf.bytes, 1024), FORM_LIBRARY);
		cr_expect_eq(form_of(elf.bytes, 128), FORM_OTHER);
		begin_dll(is_64, 0x22);
		cr_expect_eq(form_of(elf.bytes, 1024), FORM_OTHER, "a program");
		begin_dll(is_64, 0x2022);
		put(128 + 24 + (is_64 ? 112 : 96) + 14 * 8, 4, 0x2008);
		cr_expect_eq(form_of(elf.bytes, 1024), FORM_OTHER, "an assembly");
	}
}

Test(form, what_cannot_be_read_is_an_error) {
	enum form form;
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_expect_eq(form_find(fd, &form), -EISDIR);
	cr_expect_eq(form_find_of_text(fd, &form), -EISDIR);
	close(fd);
}
