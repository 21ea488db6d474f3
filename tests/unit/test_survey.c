/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "facts.h"
#include "loader_abi.h"
#include "setup.h"
#include "survey.h"
#include "tempdir.h"

TestSuite(survey, .init = tempdir_make, .fini = tempdir_remove);

static const struct setup setup;
static unsigned char content[256 * 1024];

/* Reads a fixture; its size. */
static size_t read_fixture(const char *fixture) {
	const char *directory = getenv("DLTEST_FIXTURES");
	char path[4096];

	cr_assert_not_null(directory);
	snprintf(path, sizeof(path), "%s/%s", directory, fixture);
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file, "%s", path);
	size_t size = fread(content, 1, sizeof(content), file);
	fclose(file);
	cr_assert_lt(size, sizeof(content));
	return size;
}

static void write_content(const char *name, size_t size) {
	FILE *file = fopen(below("%s", name), "w");

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(content, 1, size, file), size);
	fclose(file);
}

static void put(const char *fixture, const char *name) {
	write_content(name, read_fixture(fixture));
}

/* Looks through 'tree' for what the library 'name' lacks. Once in a process, as in a child. */
static void look_through(const char *tree, const char *name, const char *lacked) {
	char texts[2][512];
	const char *const all[] = {texts[0], texts[1]};

	snprintf(texts[0], sizeof(texts[0]), "%c%s", LOADER_SURVEY_TREE, below("%s", tree));
	snprintf(texts[1], sizeof(texts[1]), "%c%s", LOADER_SURVEY_NAME, lacked);
	survey_run(&setup, below("%s", name), all, 2);
}

/* True if a fact of this kind begins with 'text' and ends in 'end'. */
static bool tells(enum dltest_fact kind, const char *text, const char *end) {
	size_t size;
	const char *facts = facts_get(&size);

	for (size_t at = 0; at < size; at += strlen(facts + at) + 1) {
		const char *fact = facts + at + 1;
		size_t length = strlen(fact);

		if (facts[at] == (char)kind && strncmp(fact, text, strlen(text)) == 0 &&
			length >= strlen(end) && strcmp(fact + length - strlen(end), end) == 0)
			return true;
	}
	return false;
}

Test(survey, finds_by_the_name_of_a_file) {
	make_dir("p/lib/server");
	put("needs_dep.so", "p/lib/x.so");
	put("libdltest_dep.so", "p/lib/server/libdltest_dep.so");
	look_through("p", "p/lib/x.so", "libdltest_dep.so");
	cr_expect(tells(DLTEST_FACT_FOUND, "libdltest_dep.so/", "/p/lib/server/libdltest_dep.so"));
	cr_expect(tells(DLTEST_FACT_DIRECTORY, below("p/lib/server"), "server"));
	cr_expect_not(tells(DLTEST_FACT_INCOMPLETE, "", ""));
}

Test(survey, finds_by_what_a_file_calls_itself) {
	make_dir("p/lib");
	put("needs_dep.so", "p/lib/x.so");
	put("libdltest_dep.so", "p/lib/other.so");
	look_through("p", "p/lib/x.so", "libdltest_dep.so");
	cr_expect(tells(DLTEST_FACT_FOUND, "libdltest_dep.so/", "/p/lib/other.so"));
	cr_expect(tells(DLTEST_FACT_OBJECT, below("p/lib/x.so"), ""), "it was read as well");
}

Test(survey, looks_for_what_is_lacking_in_turn) {
	make_dir("p/one");
	make_dir("p/two");
	put("good.so", "p/x.so");
	put("needs_dep.so", "p/one/first.so");
	put("libdltest_dep.so", "p/two/libdltest_dep.so");
	look_through("p", "p/x.so", "first.so");
	cr_expect(tells(DLTEST_FACT_FOUND, "first.so/", "/p/one/first.so"));
	cr_expect(tells(DLTEST_FACT_FOUND, "libdltest_dep.so/", "/p/two/libdltest_dep.so"));
}

Test(survey, tells_who_brings_the_library) {
	make_dir("p");
	put("libdltest_dep.so", "p/libdltest_dep.so");
	put("good.so", "p/beside.so");
	put("origin_rpath.so", "p/extension.so");
	look_through("p", "p/libdltest_dep.so", "beside.so");
	cr_expect(tells(DLTEST_FACT_BRINGER, below("p/extension.so"), ""));
}

Test(survey, a_runpath_brings_nobody) {
	make_dir("p");
	put("libdltest_dep.so", "p/libdltest_dep.so");
	put("good.so", "p/beside.so");
	put("origin_runpath.so", "p/extension.so");
	look_through("p", "p/libdltest_dep.so", "beside.so");
	cr_expect_not(tells(DLTEST_FACT_BRINGER, "", ""));
}

static uint32_t next_random(uint32_t *state) {
	*state = *state * 1103515245u + 12345u;
	return *state >> 8;
}

Test(survey, survives_damaged_files) {
	uint32_t state = 20261130;
	char name[64];

	make_dir("p.libs");
	make_dir("p-1.dist-info");
	for (int i = 0; i < 1000; i++) {
		size_t size = read_fixture(i % 2 ? "origin_rpath.so" : "libdltest_dep.so");
		size_t changes = 1 + next_random(&state) % 8;

		for (size_t j = 0; j < changes; j++) {
			size_t range = next_random(&state) % 4 ? 1024 : size;

			content[next_random(&state) % range] = (unsigned char)next_random(&state);
		}
		if (next_random(&state) % 4 == 0)
			size = next_random(&state) % size;
		snprintf(name, sizeof(name), "p.libs/x%d.so", i);
		write_content(name, size);
	}
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (unsigned char)"ap/.,\n"[next_random(&state) % 7];
	write_content("p-1.dist-info/RECORD", sizeof(content));
	put("good.so", "p.libs/beside.so");
	look_through("p.libs", "p.libs/x0.so", "beside.so");
	cr_expect(tells(DLTEST_FACT_FOUND, "beside.so/", "/p.libs/beside.so"));
	cr_expect(tells(DLTEST_FACT_INCOMPLETE, "many libraries", ""));
}
