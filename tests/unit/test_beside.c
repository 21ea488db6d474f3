/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "beside.h"
#include "inquiry.h"
#include "request.h"
#include "world.h"

static struct world world;
static struct request request;
static struct inquiry inquiry;
static struct facts survey;
static struct verdict trial;

static void set_up(void) {
	world_make(&world);
	inquiry.question = (struct question){world.library, &request};
	inquiry.env = &world.env;
	cr_assert_eq(
		verdict_make(DLTEST_REASON_MISSING_DEPENDENCY, "it was so", &inquiry.answer), 0);
}

static void tear_down(void) {
	inquiry_fini(&inquiry);
	facts_fini(&survey);
	verdict_fini(&trial);
	world_remove(&world);
}

TestSuite(beside, .init = set_up, .fini = tear_down);

/* Alone 'name' was missing, which 'needed_by' needs. */
static void lack(const char *name, const char *needed_by) {
	cr_assert_eq(strv_add(&inquiry.answer.missing, name), 0);
	cr_assert_eq(needs_add(&inquiry.answer.needs, name, NULL, needed_by, NULL), 0);
}

/* In company the object at 'path' was loaded. */
static void load(const char *path) {
	write_file(path, "");
	cr_assert_eq(facts_put(&trial.facts, DLTEST_FACT_OBJECT, path), 0);
}

static bool is_at_fault(void) {
	return beside_judge(&inquiry, &survey, &trial);
}

Test(beside, what_is_elsewhere_is_the_hosts) {
	lack("liby.so", world.library);
	load(below("libs/p-1/liby.so"));
	cr_expect_not(is_at_fault());
	cr_expect_str_eq(inquiry.answer.error, "it was so");
	cr_expect_eq(inquiry.answer.missing.count, 1);
}

Test(beside, what_is_beside_it_is_the_librarys) {
	char error[1000];

	lack("libz.so", world.library);
	lack("liby.so", world.library);
	cr_assert_eq(strv_add(&inquiry.answer.symbols, "f"), 0);
	cr_assert_eq(needs_add(&inquiry.answer.needs, "f", NULL, world.library, NULL), 0);
	load(below("libs/p-1/libz.so"));
	load(below("libs/p-1/lib/liby.so"));
	cr_assert(is_at_fault());
	snprintf(error, sizeof(error),
		"liby.so: cannot open shared object file: No such file or directory (needed by %s; "
		"%s/liby.so is beside it: its RUNPATH lacks $ORIGIN)",
		world.library, world.package);
	cr_expect_str_eq(inquiry.answer.error, error);
	cr_expect_eq(inquiry.answer.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	cr_assert_eq(inquiry.answer.missing.count, 1, "the rest is there for its host");
	cr_expect_str_eq(inquiry.answer.missing.items[0], "liby.so");
	cr_expect_eq(inquiry.answer.needs.count, 1);
	cr_expect_eq(inquiry.answer.symbols.count, 0);
}

Test(beside, what_is_beside_a_dependency_is_at_fault_too) {
	lack("liby.so", below("libs/p-2/lib/libmiddle.so"));
	load(below("libs/p-1/lib/liby.so"));
	cr_expect_not(is_at_fault());
	load(below("libs/p-2/lib/liby.so"));
	cr_expect(is_at_fault());
}

Test(beside, who_is_brought_is_not_at_fault) {
	lack("liby.so", world.library);
	load(below("libs/p-1/lib/liby.so"));
	cr_assert_eq(facts_put(&survey, DLTEST_FACT_BRINGER, "/p/extension.so"), 0);
	cr_expect_not(is_at_fault());
	/* That says nothing of others. */
	lack("libz.so", below("libs/p-2/lib/libmiddle.so"));
	load(below("libs/p-2/lib/libz.so"));
	cr_expect(is_at_fault());
}

Test(beside, what_has_another_name_where_it_was_searched_is_at_fault) {
	char found[300];

	lack("liby.so.1", world.library);
	load(below("libs/p-1/lib/liby.so.1.2"));
	snprintf(found, sizeof(found), "liby.so.1%s", below("libs/p-1/lib/liby.so.1.2"));
	cr_assert_eq(strv_add(&inquiry.found, found), 0);
	cr_expect_not(is_at_fault(), "whoever loads it may have loaded that");
	cr_assert_eq(facts_put(&inquiry.answer.basis, DLTEST_FACT_DIRECTORY,
			     below("libs/p-1/lib/../lib")),
		0);
	cr_assert(is_at_fault());
	cr_expect_not_null(strstr(inquiry.answer.error, "/liby.so.1.2 calls itself so: the link"));
}

Test(beside, without_a_trace_the_library_needs_all) {
	cr_assert_eq(strv_add(&inquiry.answer.missing, "liby.so"), 0);
	load(below("libs/p-1/lib/liby.so"));
	cr_expect(is_at_fault());
}

/* Whatever it lacks and loads. */
Test(beside, looks_at_no_more_than_it_has_time_for) {
	char name[64];

	for (int i = 0; i < 16384; i++) {
		snprintf(name, sizeof(name), "libgone%d.so", i);
		lack(name, below("none/%d/x.so", i));
	}
	for (int i = 0; i < 4096; i++)
		cr_assert_eq(facts_put(&trial.facts, DLTEST_FACT_OBJECT, "/none/libgone1.so"), 0);
	clock_t start = clock();
	cr_expect_not(is_at_fault());
	cr_expect_leq(clock() - start, CLOCKS_PER_SEC / 4);
}

Test(beside, another_of_its_name_that_was_found_is_told) {
	inquiry.answer.reason = DLTEST_REASON_MISSING_VERSION;
	cr_assert_eq(facts_put(&inquiry.answer.basis, DLTEST_FACT_OBJECT, "/none/liby.so"), 0);
	load(below("libs/p-1/liby.so"));
	cr_expect_not(is_at_fault());
	load(below("libs/p-1/lib/liby.so"));
	cr_expect(is_at_fault());
	cr_expect_not_null(strstr(inquiry.answer.error, "it was so ("));
	cr_expect_not_null(strstr(inquiry.answer.error, "lib/liby.so is beside it"));
	cr_expect_eq(inquiry.answer.reason, DLTEST_REASON_MISSING_VERSION);
}

Test(beside, nothing_is_said_of_other_reasons) {
	inquiry.answer.reason = DLTEST_REASON_CRASHED;
	lack("liby.so", world.library);
	load(below("libs/p-1/lib/liby.so"));
	cr_expect_not(is_at_fault());
}
