/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elfform.h"

/* The bytes of a file. */
struct bytes {
	unsigned char *at;
	size_t size;
};

static struct bytes read_file(const char *path) {
	struct bytes bytes;
	struct stat status;

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0, "%s", path);
	cr_assert_eq(fstat(fd, &status), 0);
	bytes.size = (size_t)status.st_size;
	bytes.at = malloc(bytes.size);
	cr_assert_eq(read(fd, bytes.at, bytes.size), status.st_size);
	close(fd);
	return bytes;
}

/* Libraries of the system and of ours, with many line feeds and with hardly any. */
static const char *samples[5] = {
	TESTS_LIB_DIR "/libc.so.6", TESTS_LIB_DIR "/libz.so.1", TESTS_LIB_DIR "/libutil.so.1"};

static void add_fixtures(void) {
	static char paths[2][4096];

	snprintf(paths[0], sizeof(paths[0]), "%s/good.so", getenv("DLTEST_FIXTURES"));
	snprintf(paths[1], sizeof(paths[1]), "%s/many_symbols.so", getenv("DLTEST_FIXTURES"));
	samples[3] = paths[0];
	samples[4] = paths[1];
}

TestSuite(damage, .init = add_fixtures);

static void expect(const char *path, const unsigned char *bytes, size_t size,
	enum dltest_reason expected, const char *wanted) {
	struct elfform_words words;
	int fd = memfd_create("damaged", MFD_CLOEXEC);

	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
	enum dltest_reason reason = elfform_check(fd, (off_t)size, &words);
	close(fd);
	cr_expect_eq(reason, expected, "%s: %d: %s", path, reason, words.text);
	cr_expect(reason == DLTEST_REASON_NONE || strstr(words.text, wanted), "%s: %s, not %s",
		path, words.text, wanted);
	cr_expect_str_eq(words.platform, "");
}

/* What a byte becomes: puts that at 'target' and returns how many bytes that are. */
typedef size_t (*change_fn)(unsigned char byte, unsigned char target[3]);

static size_t replace(unsigned char byte, unsigned char target[3]) {
	if (byte < 0x80) {
		target[0] = byte;
		return 1;
	}
	memcpy(target, "\xef\xbf\xbd", 3);
	return 3;
}

static size_t encode(unsigned char byte, unsigned char target[3]) {
	if (byte < 0x80)
		return replace(byte, target);
	target[0] = (unsigned char)(0xc0 | byte >> 6);
	target[1] = (unsigned char)(0x80 | (byte & 0x3f));
	return 2;
}

static size_t return_carriage(unsigned char byte, unsigned char target[3]) {
	target[0] = byte == '\n' ? '\r' : byte;
	target[1] = byte;
	return byte == '\n' ? 2 : 1;
}

static void expect_change_of(
	const char *path, const struct bytes *bytes, change_fn change, const char *words) {
	unsigned char *changed = malloc(3 * bytes->size);
	size_t size = 0;

	for (size_t i = 0; i < bytes->size; i++)
		size += change(bytes->at[i], changed + size);
	expect(path, changed, size, DLTEST_REASON_NOT_A_LIBRARY, words);
	free(changed);
}

static void expect_changed(change_fn change, const char *words) {
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct bytes bytes = read_file(samples[i]);

		expect_change_of(samples[i], &bytes, change, words);
		/* The number of this machine is changed itself. */
		bytes.at[offsetof(ElfW(Ehdr), e_machine)] = EM_AARCH64;
		expect_change_of(samples[i], &bytes, change, words);
		free(bytes.at);
	}
}

Test(damage, bytes_that_are_no_text_were_replaced) {
	expect_changed(replace, "was converted from binary to UTF-8: its bytes are damaged");
}

Test(damage, bytes_were_encoded_as_if_they_were_text) {
	expect_changed(encode, "was converted from Latin-1 to UTF-8: its bytes are damaged");
}

Test(damage, line_feeds_got_a_carriage_return) {
	expect_changed(return_carriage, "has a CR before each LF: it was transferred as text");
}

Test(damage, a_byte_order_mark_is_before_the_header) {
	static const unsigned char wide[] = "\xff\xfe\x7f\0E\0L\0F\0\2";
	static const unsigned char narrow[] = "\xef\xbb\xbf\x7f"
					      "ELF\2\1\1";

	expect("wide", wide, sizeof(wide), DLTEST_REASON_NOT_A_LIBRARY, "from binary to UTF-16");
	expect("narrow", narrow, sizeof(narrow), DLTEST_REASON_NOT_A_LIBRARY,
		"from binary to UTF-8");
}

Test(damage, zeros_are_what_was_not_written) {
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct bytes bytes = read_file(samples[i]);

		memset(bytes.at, 0, 4096);
		expect(samples[i], bytes.at, bytes.size, DLTEST_REASON_NOT_A_LIBRARY,
			"has zeros in the place of its header: it was not written completely");
		memset(bytes.at, 0, bytes.size);
		expect(samples[i], bytes.at, bytes.size, DLTEST_REASON_NOT_A_LIBRARY,
			"is all zeros: it was not written completely");
		free(bytes.at);
	}
}

/* Where the dynamic section begins in the file. */
static size_t find_dynamic(const struct bytes *bytes) {
	const ElfW(Ehdr) *header = (const void *)bytes->at;
	const ElfW(Phdr) *phdrs = (const void *)(bytes->at + header->e_phoff);

	for (size_t i = 0; i < header->e_phnum; i++) {
		if (phdrs[i].p_type == PT_DYNAMIC)
			return phdrs[i].p_offset;
	}
	cr_assert_fail("no dynamic section");
	return 0;
}

Test(damage, zeros_at_the_end_are_told_if_they_must_be_wrong) {
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct bytes bytes = read_file(samples[i]);
		size_t dynamic = find_dynamic(&bytes);

		memset(bytes.at + bytes.size - 64, 0, 64);
		expect(samples[i], bytes.at, bytes.size, DLTEST_REASON_NONE, "");
		memset(bytes.at + dynamic, 0, bytes.size - dynamic);
		expect(samples[i], bytes.at, bytes.size, DLTEST_REASON_TRUNCATED,
			"has zeros in the place of its dynamic section: it was not written "
			"completely");
		free(bytes.at);
	}
}

/* Counting is for what is not as long as it should be; it must not find what is not there. */
Test(damage, a_library_of_another_length_is_not_damaged) {
	static const char text[] = "caf\xc3\xa9\r\n";

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct bytes bytes = read_file(samples[i]);

		bytes.at = realloc(bytes.at, bytes.size + 1000 * (sizeof(text) - 1));
		for (size_t j = 0; j < 1000; j++) {
			memcpy(bytes.at + bytes.size, text, sizeof(text) - 1);
			bytes.size += sizeof(text) - 1;
		}
		expect(samples[i], bytes.at, bytes.size, DLTEST_REASON_NONE, "");
		free(bytes.at);
	}
}
