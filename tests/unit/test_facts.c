/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "facts.h"

static struct facts facts;

static void end(void) {
	facts_fini(&facts);
}

TestSuite(facts, .fini = end);

Test(facts, none) {
	cr_expect_null(facts_next(&facts, LOADER_FACT_OBJECT, NULL));
	cr_expect_eq(facts_append(&facts, "no end", 6), 0);
	cr_expect_eq(facts.size, 0, "what does not end is left out");
}

Test(facts, in_their_order_and_by_kind) {
	cr_assert_eq(facts_put(&facts, LOADER_FACT_DIRECTORY, "/d"), 0);
	cr_assert_eq(facts_append(&facts, "o/a\0\0o\0o/b\0cut", 14), 0);
	const char *object = facts_next(&facts, LOADER_FACT_OBJECT, NULL);
	cr_expect_str_eq(object, "/a");
	object = facts_next(&facts, LOADER_FACT_OBJECT, object);
	cr_expect_str_eq(object, "", "an empty text is one");
	object = facts_next(&facts, LOADER_FACT_OBJECT, object);
	cr_expect_str_eq(object, "/b");
	cr_expect_null(facts_next(&facts, LOADER_FACT_OBJECT, object));
	cr_expect(facts_has(&facts, LOADER_FACT_DIRECTORY));
	cr_expect_not(facts_has(&facts, LOADER_FACT_WARNING));
}
