/* SPDX-License-Identifier: MIT */
#include "elfdyn.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"symbols_gnu.so", "symbols_sysv.so", "symbols_both.so",
	"symbols_program_gnu", "symbols_program_sysv", "symbols_program_both"};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The bytes of a fixture, which stay until the next one of this name. */
static struct elfdyn open_fixture(const char *name, void **ret_bytes, size_t *ret_size) {
	char path[4096];
	struct elfdyn elf;

	snprintf(path, sizeof(path), "%s/%s", getenv("DLTEST_FIXTURES"), name);
	FILE *file = fopen(path, "re");
	cr_assert_not_null(file, "%s", path);
	cr_assert_eq(fseek(file, 0, SEEK_END), 0);
	*ret_size = (size_t)ftell(file);
	*ret_bytes = malloc(*ret_size);
	rewind(file);
	cr_assert_eq(fread(*ret_bytes, 1, *ret_size, file), *ret_size);
	fclose(file);
	cr_assert_eq(elfdyn_read(*ret_bytes, *ret_size, &elf), 0, "%s", name);
	return elf;
}

/* The symbol of this name and, unless NULL, version. */
static bool find(const struct elfdyn *elf, const char *name, const char *version,
	struct elfdyn_symbol *ret_symbol) {
	for (size_t i = 0; i < elf->symbols_count; i++) {
		if (elfdyn_symbol(elf, i, ret_symbol) && strcmp(ret_symbol->name, name) == 0 &&
			(!version ||
				(ret_symbol->version && strcmp(ret_symbol->version, version) == 0)))
			return true;
	}
	return false;
}

Test(elfdyn, reads_what_a_file_gives) {
	static const char *const given[] = {"dltest_data", "dltest_of_thread", "dltest_function",
		"dltest_weak", "dltest_label"};

	for (size_t i = 0; i < KINDS; i++) {
		struct elfdyn_symbol symbol;
		size_t size;
		void *bytes;

		struct elfdyn elf = open_fixture(kinds[i], &bytes, &size);
		for (size_t j = 0; j < sizeof(given) / sizeof(given[0]); j++) {
			cr_assert(
				find(&elf, given[j], NULL, &symbol), "%s: %s", kinds[i], given[j]);
			cr_expect(symbol.is_given && symbol.is_default && !symbol.is_wanted);
			cr_expect_eq(symbol.is_code, j >= 2, "%s: %s", kinds[i], given[j]);
			size_t index = elfdyn_find(&elf, given[j]);
			cr_expect_neq(index, 0, "%s: %s", kinds[i], given[j]);
			cr_expect_eq(&elf.symbols[index], symbol.entry);
		}
		cr_expect(!find(&elf, "dltest_hidden", NULL, &symbol));
		cr_expect_eq(elfdyn_find(&elf, "dltest_hidden"), 0);
		cr_expect_eq(elfdyn_find(&elf, ""), 0);
		free(bytes);
	}
}

Test(elfdyn, reads_what_a_file_wants) {
	for (size_t i = 0; i < 3; i++) {
		struct elfdyn_symbol symbol;
		size_t size;
		void *bytes;

		struct elfdyn elf = open_fixture(kinds[i], &bytes, &size);
		cr_assert(find(&elf, "dltest_wanted", NULL, &symbol));
		cr_expect(symbol.is_wanted && !symbol.is_given && !symbol.is_code);
		cr_expect_eq(elfdyn_find(&elf, "dltest_wanted"), 0);
		cr_assert(find(&elf, "dltest_perhaps", NULL, &symbol));
		cr_expect(!symbol.is_wanted && !symbol.is_given);
		free(bytes);
	}
}

Test(elfdyn, counts_symbols_alike_by_any_table) {
	size_t size, count = 0;
	void *bytes;

	for (size_t i = 0; i < 3; i++) {
		struct elfdyn elf = open_fixture(kinds[i], &bytes, &size);
		cr_expect(count == 0 || elf.symbols_count == count, "%s", kinds[i]);
		count = elf.symbols_count;
		free(bytes);
	}
	/* Gives nothing, so that its table ends before it begins. */
	struct elfdyn elf = open_fixture("symbols_none.so", &bytes, &size);
	struct elfdyn_symbol symbol;
	cr_assert(find(&elf, "dltest_wanted", NULL, &symbol));
	cr_expect(symbol.is_wanted);
	free(bytes);
}

Test(elfdyn, tells_versions) {
	struct elfdyn_symbol symbol;
	size_t size;
	void *bytes;

	struct elfdyn elf = open_fixture("symbols_versions.so", &bytes, &size);
	cr_assert(find(&elf, "dltest_versioned", "DLTEST_1", &symbol));
	cr_expect(symbol.is_given && !symbol.is_default);
	cr_assert(find(&elf, "dltest_versioned", "DLTEST_2", &symbol));
	cr_expect(symbol.is_given && symbol.is_default);
	cr_assert(find(&elf, "dltest_function", "DLTEST_1", &symbol));
	cr_expect(symbol.is_given && symbol.is_default);
	cr_expect_neq(elfdyn_find(&elf, "dltest_versioned"), 0);
	free(bytes);
	/* What is the C library's has a version of that. */
	elf = open_fixture("symbols_program_gnu", &bytes, &size);
	cr_assert(find(&elf, "__libc_start_main", NULL, &symbol));
	cr_expect(symbol.is_wanted && symbol.version);
	free(bytes);
}

Test(elfdyn, tells_what_is_a_copy) {
	struct elfdyn_symbol symbol;
	size_t size;
	void *bytes;

	struct elfdyn elf = open_fixture("symbols_program_gnu", &bytes, &size);
	bool *is_copied = calloc(elf.symbols_count, sizeof(*is_copied));
	elfdyn_find_copies(&elf, is_copied);
	cr_assert(find(&elf, "stdout", NULL, &symbol));
	cr_expect(is_copied[symbol.entry - elf.symbols]);
	cr_expect(!symbol.is_given, "it has the version of the C library's");
	cr_expect_eq(elfdyn_find(&elf, "stdout"), 0);
	cr_assert(find(&elf, "dltest_data", NULL, &symbol));
	cr_expect(!is_copied[symbol.entry - elf.symbols]);
	free(is_copied);
	free(bytes);
}

Test(elfdyn, tells_programs_and_names) {
	size_t size;
	void *bytes;

	struct elfdyn elf = open_fixture("symbols_program_gnu", &bytes, &size);
	cr_expect(elf.has_interpreter);
	cr_expect_null(elfdyn_text(&elf, DT_SONAME, 0));
	free(bytes);
	elf = open_fixture("symbols_versions.so", &bytes, &size);
	cr_expect(!elf.has_interpreter);
	cr_expect_str_eq(elfdyn_text(&elf, DT_SONAME, 0), "libdltest_symbols.so.1");
	cr_expect_str_eq(elfdyn_text(&elf, DT_RUNPATH, 0), "$ORIGIN");
	cr_expect_null(elfdyn_text(&elf, DT_SONAME, 1));
	free(bytes);
	elf = open_fixture("needs_two_missing.so", &bytes, &size);
	cr_expect_str_eq(elfdyn_text(&elf, DT_NEEDED, 0), "libdltest_gone.so");
	cr_expect_str_eq(elfdyn_text(&elf, DT_NEEDED, 1), "libdltest_gone2.so");
	free(bytes);
}

/* Goes through all that is to be had of these bytes, of which nothing else may be touched. */
static bool exhaust(const void *bytes, size_t size) {
	struct elfdyn_symbol symbol;
	struct elfdyn elf;
	size_t length = 0;

	int r = elfdyn_read(bytes, size, &elf);
	cr_assert(r == 0 || r == -EINVAL);
	if (r < 0)
		return false;
	bool *is_copied = calloc(elf.symbols_count + 1, sizeof(*is_copied));
	elfdyn_find_copies(&elf, is_copied);
	for (size_t i = 0; i < elf.symbols_count; i++) {
		if (!elfdyn_symbol(&elf, i, &symbol))
			continue;
		length += strlen(symbol.name) + (symbol.version ? strlen(symbol.version) : 0);
		cr_assert(!symbol.is_given || !symbol.is_wanted);
		size_t found = elfdyn_find(&elf, symbol.name);
		cr_assert_lt(found, elf.symbols_count);
	}
	for (size_t nth = 0; elfdyn_text(&elf, DT_NEEDED, nth); nth++)
		length += strlen(elfdyn_text(&elf, DT_NEEDED, nth));
	free(is_copied);
	return length > 0;
}

Test(elfdyn, reads_no_further_than_a_file_goes) {
	for (size_t i = 0; i < KINDS; i++) {
		size_t size;
		void *bytes;

		(void)open_fixture(kinds[i], &bytes, &size);
		for (size_t cut = 0; cut < size; cut += cut < 8192 ? 1 : 61) {
			/* A block of just this size, so that a sanitizer sees what is read behind.
			 */
			void *copy = malloc(cut > 0 ? cut : 1);

			memcpy(copy, bytes, cut);
			(void)exhaust(copy, cut);
			free(copy);
		}
		cr_expect(exhaust(bytes, size));
		free(bytes);
	}
}

/* xorshift32 (Marsaglia, 2003). */
static uint32_t next_number(uint32_t *state) {
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Mostly in its headers and tables, which are at the beginning and at the end. */
static void damage(unsigned char *bytes, size_t size, uint32_t *state) {
	static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
	size_t region = next_number(state) % 4 ? 4096 : size;

	for (uint32_t i = next_number(state) % 8 + 1; i > 0; i--) {
		size_t at = next_number(state) % (region < size ? region : size);

		bytes[at] = next_number(state) % 2 ? values[next_number(state) % sizeof(values)]
						   : (unsigned char)next_number(state);
	}
}

Test(elfdyn, survives_any_damage) {
	uint32_t state = 20261130;

	for (size_t i = 0; i < KINDS + 1; i++) {
		size_t size, read = 0;
		void *bytes;

		(void)open_fixture(i < KINDS ? kinds[i] : "symbols_versions.so", &bytes, &size);
		unsigned char *copy = malloc(size);
		for (int round = 0; round < 3000; round++) {
			memcpy(copy, bytes, size);
			damage(copy, size, &state);
			read += exhaust(copy, size);
		}
		/* Else nothing but the header was tried. */
		cr_expect_gt(read, 300, "%zu", read);
		free(copy);
		free(bytes);
	}
}

Test(elfdyn, refuses_what_is_for_other_machines) {
	unsigned char *bytes;
	struct elfdyn elf;
	size_t size;

	(void)open_fixture("symbols_gnu.so", (void **)&bytes, &size);
	bytes[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
	cr_expect_eq(elfdyn_read(bytes, size, &elf), -EINVAL);
	bytes[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
	bytes[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
	cr_expect_eq(elfdyn_read(bytes, size, &elf), -EINVAL);
	bytes[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
	cr_expect_eq(elfdyn_read(bytes, size, &elf), 0);
	bytes[0] = 0;
	cr_expect_eq(elfdyn_read(bytes, size, &elf), -EINVAL);
	free(bytes);
}
