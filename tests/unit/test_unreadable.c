/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unreadable.h"
#include "verdict.h"
#include "world.h"

static struct world world;
static struct verdict verdict;

static void set_up(void) {
	world_make(&world);
	make_dir("away");
	cr_assert_eq(verdict_make(DLTEST_REASON_MISSING_DEPENDENCY, "it was so", &verdict), 0);
	cr_assert_eq(strv_add(&verdict.missing, "liby.so"), 0);
	cr_assert_eq(facts_put(&verdict.basis, DLTEST_FACT_DIRECTORY, world.package), 0);
	cr_assert_eq(facts_put(&verdict.basis, DLTEST_FACT_DIRECTORY, below("away")), 0);
}

static void tear_down(void) {
	verdict_fini(&verdict);
	world_remove(&world);
}

TestSuite(unreadable, .init = set_up, .fini = tear_down);

static void expect(const char *words) {
	unreadable_name(&verdict, &world.env);
	cr_expect_str_eq(verdict.error, words);
}

Test(unreadable, what_is_nowhere_is_not_named) {
	expect("it was so");
}

Test(unreadable, what_may_be_read_is_not_named) {
	write_file(below("libs/p-1/lib/liby.so"), "");
	expect("it was so");
	write_file(below("away/liby.so"), "");
	cr_assert_eq(strv_add(&world.env.roots, below("away")), 0);
	expect("it was so");
}

Test(unreadable, what_is_outside_is_named_once) {
	char words[400];

	write_file(below("away/liby.so"), "");
	snprintf(words, sizeof(words),
		"it was so (%s is there, and may not be read here: --root %s)",
		below("away/liby.so"), below("away"));
	expect(words);
	expect(words);
}

Test(unreadable, it_is_about_where_a_link_leads) {
	char words[400];

	make_dir("real");
	write_file(below("real/y.so"), "");
	cr_assert_eq(symlink("../real/y.so", below("away/liby.so")), 0);
	snprintf(words, sizeof(words),
		"it was so (%s is there, and may not be read here: --root %s)",
		below("away/liby.so"), below("real"));
	expect(words);
}

Test(unreadable, permissions_and_other_files_are_another_matter) {
	make_dir("away/liby.so");
	expect("it was so");
	cr_assert_eq(rmdir(below("away/liby.so")), 0);
	write_file(below("away/liby.so"), "");
	cr_assert_eq(chmod(below("away/liby.so"), 0), 0);
	expect("it was so");
}

Test(unreadable, only_libraries_that_are_missing_are_looked_for) {
	write_file(below("away/liby.so"), "");
	verdict.reason = DLTEST_REASON_UNDEFINED_SYMBOL;
	expect("it was so");
}
