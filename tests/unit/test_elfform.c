/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "elfform.h"
#include "elfnative.h"
#include "tempdir.h"

TestSuite(elfform, .init = tempdir_make, .fini = tempdir_remove);

/* Of the last look. */
static const char *platform;

/* A library in memory, to be changed, and a file without a name to be looked at. */
struct sample {
	unsigned char *bytes;
	size_t size;
	int fd;
};

static struct sample open_sample(const char *path) {
	struct sample sample = {.fd = memfd_create("sample", MFD_CLOEXEC)};
	struct stat status;

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0, "%s", path);
	cr_assert_eq(fstat(fd, &status), 0);
	sample.size = (size_t)status.st_size;
	sample.bytes = malloc(sample.size);
	cr_assert_eq(read(fd, sample.bytes, sample.size), (ssize_t)sample.size);
	close(fd);
	return sample;
}

static void close_sample(struct sample *sample) {
	free(sample->bytes);
	close(sample->fd);
}

static const char *fixture(const char *name) {
	const char *directory = getenv("DLTEST_FIXTURES");
	static char path[4096];

	cr_assert_not_null(directory);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

/* Looks at the first 'size' bytes; the words, or "" for none, are valid until the next call. */
static enum dltest_reason look(const struct sample *sample, size_t size, const char **ret_words) {
	static struct elfform_words words;

	memset(&words, 0x55, sizeof(words));
	cr_assert_eq(ftruncate(sample->fd, 0), 0);
	cr_assert_eq(pwrite(sample->fd, sample->bytes, size, 0), (ssize_t)size);
	enum dltest_reason reason = elfform_check(sample->fd, (off_t)size, &words);
	if (reason == DLTEST_REASON_NONE)
		words.text[0] = '\0';
	cr_assert_not_null(memchr(words.text, '\0', sizeof(words.text)));
	cr_assert_null(strpbrk(words.text, "\n\r"));
	cr_assert_not_null(memchr(words.platform, '\0', sizeof(words.platform)));
	bool is_elsewhere = reason == DLTEST_REASON_WRONG_ARCHITECTURE ||
			    reason == DLTEST_REASON_WRONG_PLATFORM;
	cr_assert_eq(words.platform[0] != '\0', is_elsewhere, "%s", words.text);
	*ret_words = words.text;
	platform = words.platform;
	return reason;
}

static void expect(const struct sample *sample, size_t size, enum dltest_reason expected,
	const char *expected_words) {
	const char *words;
	enum dltest_reason reason = look(sample, size, &words);

	cr_expect_eq(reason, expected, "%zu bytes: %d: %s", size, reason, words);
	cr_expect_not_null(strstr(words, expected_words), "%s, not %s", words, expected_words);
}

static void expect_bytes(
	const char *bytes, size_t size, enum dltest_reason reason, const char *words) {
	struct sample sample = {.fd = memfd_create("bytes", MFD_CLOEXEC)};

	sample.bytes = malloc(size + 1);
	memcpy(sample.bytes, bytes, size);
	expect(&sample, size, reason, words);
	close_sample(&sample);
}

static void expect_file(const char *path, enum dltest_reason reason, const char *words) {
	struct sample sample = open_sample(path);

	expect(&sample, sample.size, reason, words);
	close_sample(&sample);
}

Test(elfform, accepts_libraries) {
	expect_file(fixture("good.so"), DLTEST_REASON_NONE, "");
	/* These have a program interpreter and can be run. */
	expect_file(TESTS_LIB_DIR "/libc.so.6", DLTEST_REASON_NONE, "");
	expect_file("/lib64/ld-linux-x86-64.so.2", DLTEST_REASON_NONE, "");
}

Test(elfform, says_what_a_file_is_that_is_no_library) {
	static const struct {
		const char *bytes;
		size_t size;
		const char *words;
	} kinds[] = {
#define KIND(bytes, words) {bytes, sizeof(bytes) - 1, words}
		KIND("a", "text file"),
		KIND("hello\n", "text file"),
		KIND("caf\xc3\xa9\n", "text file"),
		KIND("VERSION 1 of what a GROUP of people wants as INPUT", "text file"),
		KIND("/* GNU ld script */\nINPUT(libx.so.1)\n", "linker script"),
		KIND("OUTPUT_FORMAT(elf64-x86-64)\n", "linker script"),
		KIND("INPUT ( libncurses.so.6 -ltinfo )\n", "linker script"),
		KIND("#!/bin/sh\nexit 0\n", "script"),
		KIND("#!", "script"),
		KIND("<!DOCTYPE html>\n<html>", "HTML"),
		KIND("!<arch>\n/               0", "static archive"),
		KIND("!<thin>\n/               0", "static archive"),
		KIND("BC\xc0\xde\x35\x14\0\0", "bitcode"),
		KIND("\xde\xc0\x17\x0b\0\0\0\0", "bitcode"),
		KIND("\xca\xfe\xba\xbe\0\0\0\x34", "Java"),
		KIND("MZ\x90\0\3\0\0\0", "DOS"),
		KIND("\0asm\1\0\0\0", "WebAssembly"),
		KIND("\x1f\x8b\x8\0\0\0\0\0", "gzip"),
		KIND("\xfd"
		     "7zXZ\0\0\4",
			"xz"),
		KIND("BZh91AY&SY", "bzip2"),
		KIND("\x28\xb5\x2f\xfd\4\0", "zstd"),
		KIND("PK\3\4\x14\0", "zip"),
		KIND("version https://git-lfs.github.com/spec/v1\noid sha256:4d\n", "Git LFS"),
		KIND("\1\2\3\4\5\6\7\x8", "not an ELF file"),
		KIND("\0\0\0\0\0\0\0\0", "is all zeros: it was not written completely"),
		KIND("ELF\x7f text with control characters \1", "not an ELF file"),
#undef KIND
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		expect_bytes(
			kinds[i].bytes, kinds[i].size, DLTEST_REASON_NOT_A_LIBRARY, kinds[i].words);
	expect_bytes("", 0, DLTEST_REASON_TRUNCATED, "empty");
	expect_file(fixture("archive.a"), DLTEST_REASON_NOT_A_LIBRARY, "static archive");
	expect_file(fixture("object.o"), DLTEST_REASON_NOT_A_LIBRARY, "object file");
	expect_file(fixture("executable_fixed"), DLTEST_REASON_NOT_A_LIBRARY, "executable");
	expect_file(fixture("executable_pie"), DLTEST_REASON_NOT_A_LIBRARY, "executable");
}

Test(elfform, a_name_alone_was_a_symbolic_link) {
	static const char *const names[] = {"libx.so", "libx.so.1.2\n", "../lib/libx-1.so.0",
		"/usr/lib/x.cpython-311.so", "x.so.so.4a"};
	static const char *const others[] = {"libx.so is here\n", "libx.so\n\n", ".so", "libx.a",
		"libx.sofa", "INPUT(libx.so.1)", "lib/", "libx.so.1\nliby.so.1\n", "\n",
		"lib\tx.so"};
	char name[400];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		expect_bytes(names[i], strlen(names[i]), DLTEST_REASON_NOT_A_LIBRARY,
			"its file has that name alone");
	expect_bytes(names[1], strlen(names[1]), DLTEST_REASON_NOT_A_LIBRARY,
		"was a symbolic link to libx.so.1.2: its");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		expect_bytes(others[i], strlen(others[i]), DLTEST_REASON_NOT_A_LIBRARY, "text");
	snprintf(name, sizeof(name), "%0300d/libx.so", 1);
	expect_bytes(name, strlen(name), DLTEST_REASON_NOT_A_LIBRARY, "text file");
}

static ElfW(Ehdr) * header_of(struct sample *sample) {
	return (ElfW(Ehdr) *)(void *)sample->bytes;
}

static ElfW(Phdr) * phdrs_of(struct sample *sample) {
	return (ElfW(Phdr) *)(void *)(sample->bytes + header_of(sample)->e_phoff);
}

Test(elfform, names_other_machines) {
	static const struct {
		unsigned machine;
		int class, data;
		const char *words;
	} machines[] = {
#ifndef __aarch64__
		{EM_AARCH64, ELFCLASS64, ELFDATA2LSB, "is for aarch64, this machine is x86_64"},
#endif
		{EM_AARCH64, ELFCLASS64, ELFDATA2MSB,
			"is for aarch64_be, this machine is " TESTS_MACHINE},
		{EM_386, ELFCLASS32, ELFDATA2LSB, "is for i386, this machine is " TESTS_MACHINE},
		{EM_X86_64, ELFCLASS32, ELFDATA2LSB, "is for x32, this machine is " TESTS_MACHINE},
		{EM_ARM, ELFCLASS32, ELFDATA2LSB, "is for arm, this machine is " TESTS_MACHINE},
		{EM_PPC64, ELFCLASS64, ELFDATA2LSB, "is for powerpc64le, "},
		{EM_PPC64, ELFCLASS64, ELFDATA2MSB, "is for powerpc64, "},
		{EM_S390, ELFCLASS64, ELFDATA2MSB, "is for s390x, this machine is " TESTS_MACHINE},
		{EM_RISCV, ELFCLASS64, ELFDATA2LSB,
			"is for riscv64, this machine is " TESTS_MACHINE},
		{EM_MIPS, ELFCLASS32, ELFDATA2LSB, "is for mipsel, this machine is " TESTS_MACHINE},
		{EM_X86_64, ELFCLASS64, ELFDATA2MSB, "64-bit big-endian machine (ELF machine 62)"},
		{60000, ELFCLASS32, ELFDATA2LSB,
			"32-bit little-endian machine (ELF machine 60000)"},
	};
	struct sample sample = open_sample(fixture("good.so"));
	ElfW(Ehdr) *header = header_of(&sample);

	cr_assert_eq(header->e_machine, ELFNATIVE_MACHINE);
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		unsigned machine = machines[i].machine;

		header->e_ident[EI_CLASS] = (unsigned char)machines[i].class;
		header->e_ident[EI_DATA] = (unsigned char)machines[i].data;
		header->e_machine = (ElfW(Half))(machines[i].data == ELFDATA2MSB
							 ? (machine & 0xff) << 8 | machine >> 8
							 : machine);
		expect(&sample, sample.size, DLTEST_REASON_WRONG_ARCHITECTURE, machines[i].words);
	}
	header->e_ident[EI_CLASS] = 7;
	expect(&sample, sample.size, DLTEST_REASON_NOT_A_LIBRARY, "makes no sense");
	close_sample(&sample);
}

Test(elfform, names_other_types) {
	struct sample sample = open_sample(fixture("good.so"));

	header_of(&sample)->e_type = ET_CORE;
	expect(&sample, sample.size, DLTEST_REASON_NOT_A_LIBRARY, "core file");
	header_of(&sample)->e_type = 0xfe01;
	expect(&sample, sample.size, DLTEST_REASON_NOT_A_LIBRARY, "type 65025");
	header_of(&sample)->e_type = ET_DYN;
	for (size_t i = 0; i < header_of(&sample)->e_phnum; i++) {
		if (phdrs_of(&sample)[i].p_type == PT_DYNAMIC)
			phdrs_of(&sample)[i].p_type = PT_NULL;
	}
	expect(&sample, sample.size, DLTEST_REASON_NOT_A_LIBRARY, "without a dynamic section");
	for (size_t i = 0; i < header_of(&sample)->e_phnum; i++)
		phdrs_of(&sample)[i].p_type = PT_NOTE;
	expect(&sample, sample.size, DLTEST_REASON_NOT_A_LIBRARY, "nothing to load");
	close_sample(&sample);
}

Test(elfform, recognises_debug_files) {
	const char *good = fixture("good.so"), *debug = below("debug");
	char command[8192];

	snprintf(command, sizeof(command), "objcopy --only-keep-debug '%s' '%s'", good, debug);
	cr_assert_eq(system(command), 0);
	expect_file(debug, DLTEST_REASON_NOT_A_LIBRARY, "debugging information");
	/* Other programs leave the program headers as they were in the library, so that the
	 * segments are not in the file. */
	struct sample whole = open_sample(good), sample = open_sample(debug);
	memcpy(phdrs_of(&sample), phdrs_of(&whole),
		header_of(&whole)->e_phnum * sizeof(ElfW(Phdr)));
	expect(&sample, sample.size, DLTEST_REASON_NOT_A_LIBRARY, "debugging information");
	close_sample(&whole);
	close_sample(&sample);
}

/* Every length: too short is too short until all segments are there; what comes after them
 * (sections that are not loaded, the section headers) is not missed. */
Test(elfform, finds_every_cut) {
	struct sample sample = open_sample(fixture("good.so"));
	size_t needed = 0, headers = header_of(&sample)->e_phoff +
				     header_of(&sample)->e_phnum * sizeof(ElfW(Phdr));

	for (size_t i = 0; i < header_of(&sample)->e_phnum; i++) {
		const ElfW(Phdr) *phdr = &phdrs_of(&sample)[i];

		if (phdr->p_type == PT_LOAD && phdr->p_offset + phdr->p_filesz > needed)
			needed = phdr->p_offset + phdr->p_filesz;
	}
	cr_assert_lt(needed, sample.size, "has section headers after its segments");
	for (size_t size = 0; size <= sample.size; size++) {
		const char *words;
		enum dltest_reason reason = look(&sample, size, &words);

		cr_assert_eq(reason, size < needed ? DLTEST_REASON_TRUNCATED : DLTEST_REASON_NONE,
			"%zu bytes: %d: %s", size, reason, words);
		if (size >= sizeof(ElfW(Ehdr)) && size < headers)
			cr_assert_not_null(strstr(words, "program headers"), "%s", words);
		if (size >= headers && size < needed)
			cr_assert_not_null(strstr(words, "its segments need"), "%s", words);
	}
	close_sample(&sample);
}

Test(elfform, looks_at_all_program_headers) {
	struct sample sample = open_sample(fixture("good.so"));
	size_t count = 2000, old = sample.size;

	/* A long table at the end of the file, whose last entry is a segment that is not there. */
	sample.size += count * sizeof(ElfW(Phdr));
	sample.bytes = realloc(sample.bytes, sample.size);
	memset(sample.bytes + old, 0, sample.size - old);
	memcpy(sample.bytes + old, phdrs_of(&sample),
		header_of(&sample)->e_phnum * sizeof(ElfW(Phdr)));
	header_of(&sample)->e_phoff = old;
	header_of(&sample)->e_phnum = (ElfW(Half))count;
	expect(&sample, sample.size, DLTEST_REASON_NONE, "");
	phdrs_of(&sample)[count - 1] =
		(ElfW(Phdr)){.p_type = PT_LOAD, .p_offset = sample.size - 1, .p_filesz = 2};
	expect(&sample, sample.size, DLTEST_REASON_TRUNCATED, "cut off");
	phdrs_of(&sample)[count - 1].p_offset = UINT64_MAX - 1;
	phdrs_of(&sample)[count - 1].p_filesz = 16;
	expect(&sample, sample.size, DLTEST_REASON_TRUNCATED, "18446744073709551615");
	close_sample(&sample);
}

Test(elfform, finds_a_page_to_zero_that_is_not_there) {
	struct sample sample = open_sample(fixture("good.so"));
	size_t old = header_of(&sample)->e_phnum;
	ElfW(Phdr) *last = &phdrs_of(&sample)[old - 1];

	*last = (ElfW(Phdr)){.p_type = PT_LOAD, .p_offset = 1 << 20, .p_vaddr = (1 << 20) + 8};
	last->p_memsz = 64;
	expect(&sample, sample.size, DLTEST_REASON_TRUNCATED, "cut off");
	/* Nothing of a page is needed here. */
	last->p_vaddr = 1 << 20;
	expect(&sample, sample.size, DLTEST_REASON_NONE, "");
	close_sample(&sample);
}

static unsigned next_random(unsigned *state) {
	*state = *state * 1103515245u + 12345u;
	return *state >> 8;
}

/* Changes a few bytes, mostly where headers are. */
static void mutate(struct sample *sample, unsigned *state) {
	unsigned changes = 1 + next_random(state) % 8;

	for (unsigned i = 0; i < changes; i++) {
		size_t range = next_random(state) % 4 ? 1024 : sample->size;
		size_t at = next_random(state) % (range < sample->size ? range : sample->size);
		static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
		unsigned value = next_random(state);

		sample->bytes[at] = value % 3 ? (unsigned char)value : values[value % 5];
	}
	/* The magic bytes mostly stay, or little else would be reached. */
	if (next_random(state) % 8)
		memcpy(sample->bytes, ELFMAG "\2\1", 6);
}

static void fuzz(const char *path, unsigned rounds) {
	struct sample sample = open_sample(path);
	unsigned char *original = malloc(sample.size);
	unsigned state = 20240607, accepted = 0;

	memcpy(original, sample.bytes, sample.size);
	for (unsigned i = 0; i < rounds; i++) {
		const char *words;
		size_t size = sample.size;

		if (i % 16 == 0)
			memcpy(sample.bytes, original, sample.size);
		mutate(&sample, &state);
		if (next_random(&state) % 4 == 0)
			size = next_random(&state) % (sample.size + 1);
		enum dltest_reason reason = look(&sample, size, &words);
		cr_assert_lt(reason, DLTEST_REASON_COUNT_);
		cr_assert(reason == DLTEST_REASON_NONE || words[0], "no words for %d", reason);
		accepted += reason == DLTEST_REASON_NONE;
	}
	cr_expect_gt(accepted, 0, "nothing came through: the mutations are too wild");
	free(original);
	close_sample(&sample);
}

Test(elfform, survives_mutations) {
	fuzz(fixture("good.so"), 6000);
	fuzz(TESTS_LIB_DIR "/libz.so.1", 3000);
}

/* A file that shrinks between being measured and being read. */
Test(elfform, survives_a_shrinking_file) {
	struct sample sample = open_sample(fixture("good.so"));
	struct elfform_words words;

	for (size_t size = 0; size < sample.size; size += 61) {
		cr_assert_eq(ftruncate(sample.fd, 0), 0);
		cr_assert_eq(pwrite(sample.fd, sample.bytes, size, 0), (ssize_t)size);
		enum dltest_reason reason = elfform_check(sample.fd, (off_t)sample.size, &words);
		cr_assert_lt(reason, DLTEST_REASON_COUNT_);
	}
	expect_bytes("", 0, DLTEST_REASON_TRUNCATED, "empty");
	int fd = open("/", O_RDONLY | O_CLOEXEC);
	cr_expect_eq(elfform_check(fd, 4096, &words), DLTEST_REASON_NOT_A_FILE);
	close(fd);
	close_sample(&sample);
}

/* All names of a library, one behind the other. */
static char names[8192];

static void take_name(void *context, int64_t tag, const char *name) {
	size_t *count = context;

	++*count;
	snprintf(names + strlen(names), sizeof(names) - strlen(names), "%d=%s ", (int)tag, name);
}

static size_t list_names(const struct sample *sample, size_t size) {
	size_t count = 0;

	names[0] = '\0';
	cr_assert_eq(ftruncate(sample->fd, 0), 0);
	cr_assert_eq(pwrite(sample->fd, sample->bytes, size, 0), (ssize_t)size);
	elfform_each_name(sample->fd, (off_t)size, take_name, &count);
	return count;
}

Test(elfform, names_of_a_library_are_told) {
	char words[100];
	struct sample sample = open_sample(fixture("origin_rpath.so"));

	cr_expect_geq(list_names(&sample, sample.size), 3);
	snprintf(words, sizeof(words), "%d=libdltest_dep.so ", DT_NEEDED);
	cr_expect_not_null(strstr(names, words), "%s", names);
	snprintf(words, sizeof(words), "%d=$ORIGIN ", DT_RPATH);
	cr_expect_not_null(strstr(names, words), "%s", names);
	close_sample(&sample);
	sample = open_sample(fixture("libdltest_dep.so"));
	list_names(&sample, sample.size);
	snprintf(words, sizeof(words), "%d=libdltest_dep.so ", DT_SONAME);
	cr_expect_not_null(strstr(names, words), "%s", names);
	close_sample(&sample);
}

Test(elfform, names_of_damaged_files_are_within_them) {
	struct sample sample = open_sample(fixture("origin_rpath.so"));
	unsigned char *original = malloc(sample.size);
	unsigned state = 12345;

	memcpy(original, sample.bytes, sample.size);
	for (size_t size = 0; size < sample.size; size += 61)
		list_names(&sample, size);
	for (int i = 0; i < 3000; i++) {
		if (i % 16 == 0)
			memcpy(sample.bytes, original, sample.size);
		mutate(&sample, &state);
		cr_assert_leq(list_names(&sample, sample.size), ELFFORM_NAMES_MAX);
	}
	free(original);
	close_sample(&sample);
}
