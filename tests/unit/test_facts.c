/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "facts.h"

static struct facts facts;

static void tear_down(void) {
	facts_fini(&facts);
}

TestSuite(facts, .fini = tear_down);

Test(facts, takes_no_fact_without_its_end) {
	cr_expect_null(facts_next(&facts, DLTEST_FACT_OBJECT, NULL));
	cr_expect_eq(facts_append(&facts, "no end", 6), 0);
	cr_expect_eq(facts.size, 0, "what does not end is left out");
}

Test(facts, gives_facts_of_a_kind_in_their_order) {
	cr_assert_eq(facts_put(&facts, DLTEST_FACT_DIRECTORY, "/d"), 0);
	cr_assert_eq(facts_append(&facts, "o/a\0\0o\0o/b\0cut", 14), 0);
	const char *object = facts_next(&facts, DLTEST_FACT_OBJECT, NULL);
	cr_expect_str_eq(object, "/a");
	object = facts_next(&facts, DLTEST_FACT_OBJECT, object);
	cr_expect_str_eq(object, "", "an empty text is one");
	object = facts_next(&facts, DLTEST_FACT_OBJECT, object);
	cr_expect_str_eq(object, "/b");
	cr_expect_null(facts_next(&facts, DLTEST_FACT_OBJECT, object));
	cr_expect(facts_has(&facts, DLTEST_FACT_DIRECTORY));
	cr_expect_not(facts_has(&facts, DLTEST_FACT_WARNING));
}

Test(facts, appends_only_new_files_and_says_when_there_are_too_many) {
	struct facts facts = {0}, known = {0}, more = {0};
	char text[16];

	cr_assert_eq(facts_append_new(&facts, &known, &more, 100), 0);
	cr_expect_eq(facts.size, 0);
	cr_assert_eq(facts_put(&known, DLTEST_FACT_OBJECT, "/a"), 0);
	cr_assert_eq(facts_put(&known, DLTEST_FACT_DIRECTORY, "/b"), 0);
	cr_assert_eq(facts_put(&facts, DLTEST_FACT_OBJECT, "/c"), 0);
	cr_assert_eq(facts_put(&more, DLTEST_FACT_WARNING, "not this"), 0);
	for (const char *path = "/a\0/b\0/c\0/d\0"; *path; path += 3)
		cr_assert_eq(facts_put(&more, DLTEST_FACT_OBJECT, path), 0);
	cr_assert_eq(facts_append_new(&facts, &known, &more, 100), 0);
	cr_expect_eq(facts.size, 12);
	cr_expect_arr_eq(facts.bytes, "o/c\0o/b\0o/d", 12);
	cr_assert_eq(facts_append_new(&facts, &known, &more, 100), 0);
	cr_expect_eq(facts.size, 12, "there is nothing new");
	for (int i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "/%d", i);
		cr_assert_eq(facts_put(&more, DLTEST_FACT_DIRECTORY, text), 0);
	}
	cr_assert_eq(facts_append_new(&facts, &known, &more, 100), 0);
	cr_expect(facts_has(&facts, DLTEST_FACT_INCOMPLETE));
	cr_expect_not(facts_has(&facts, DLTEST_FACT_DIRECTORY));
	facts_fini(&facts);
	facts_fini(&known);
	facts_fini(&more);
}
