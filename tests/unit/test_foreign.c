/* SPDX-License-Identifier: MIT */
#include "foreign.h"

#include <criterion/criterion.h>
#include <string.h>

#include "verdict.h"
#include "world.h"

static struct world world;
static struct strv company;
static struct verdict verdict;

static void set_up(void) {
	world_make(&world);
}

static void tear_down(void) {
	verdict_fini(&verdict);
	strv_fini(&company);
	world_remove(&world);
}

TestSuite(foreign, .init = set_up, .fini = tear_down);

/* Names what is foreign in the error of a verdict of 'reason', which is to become 'words'. */
static void expect(enum dltest_reason reason, const char *words) {
	struct verdict fresh;

	cr_assert_eq(verdict_make(reason, "it was so", &fresh), 0);
	fresh.facts = verdict.facts;
	verdict.facts = (struct facts){0};
	verdict_fini(&verdict);
	verdict = fresh;
	foreign_name(&verdict, &world.env, &company, NULL);
	cr_expect_str_eq(verdict.error, words);
}

/* The words with a remark on the file of this name in the world. */
static const char *words_on(const char *name) {
	static char words[400];

	snprintf(words, sizeof(words), "it was so (%s is not this system's C library)",
		below("%s", name));
	return words;
}

Test(foreign, a_c_library_that_is_searched_first_is_named) {
	expect(DLTEST_REASON_CRASHED, "it was so");
	write_file(below("libs/libc.so.6"), "");
	expect(DLTEST_REASON_CRASHED, words_on("libs/libc.so.6"));
	expect(DLTEST_REASON_MISSING_VERSION, words_on("libs/libc.so.6"));
	expect(DLTEST_REASON_NO_VERDICT, words_on("libs/libc.so.6"));
}

Test(foreign, what_says_little_about_the_library_is_left_as_it_is) {
	write_file(below("libs/libc.so.6"), "");
	expect(DLTEST_REASON_NOT_FOUND, "it was so");
	expect(DLTEST_REASON_TRUNCATED, "it was so");
	expect(DLTEST_REASON_TIMED_OUT, "it was so");
}

Test(foreign, one_in_its_company_is_named) {
	write_file(below("libs/p-1/lib/libc.so.6"), "");
	expect(DLTEST_REASON_CRASHED, "it was so");
	cr_assert_eq(strv_add(&company, world.package), 0);
	expect(DLTEST_REASON_CRASHED, words_on("libs/p-1/lib/libc.so.6"));
}

Test(foreign, parts_are_named_if_they_were_loaded) {
	write_file(below("libs/libm.so.6"), "");
	expect(DLTEST_REASON_CRASHED, "it was so");
	cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, below("libs/libm.so.6")), 0);
	cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, below("libs/libm.so.6")), 0);
	expect(DLTEST_REASON_CRASHED, words_on("libs/libm.so.6"));
}
