/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "loader_abi.h"
#include "look.h"

TestSuite(failurelook_company, .init = look_set_up, .fini = look_tear_down);

/* A load of the library ended with the words that it lacks 'name'. */
static enum secondlook_act lacks(const char *name, uint32_t took_ms) {
	struct verdict verdict = {0};
	char error[100];

	snprintf(error, sizeof(error), "%s: is not there", name);
	cr_assert_eq(verdict_make(DLTEST_REASON_MISSING_DEPENDENCY, error, &verdict), 0);
	cr_assert_eq(strv_add(&verdict.missing, name), 0);
	return judged(verdict, took_ms);
}

static void have_liby(void) {
	write_file(below("libs/p-1/lib/liby.so"), "");
}

/* The library lacks liby.so, which its package has: the next is the load in company. */
static void come_to_company(void) {
	have_liby();
	cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	cr_assert_eq(surveyed(NULL, NULL, 0), SECONDLOOK_LOAD);
	expect_company();
}

/* The whole error of an answer of the load in company. */
static void expect_error_in_company(const char *words) {
	char error[1000];

	snprintf(error, sizeof(error),
		"in the company of its own package: %s (alone it does not find liby.so, which is "
		"in %s)",
		words, world.package);
	cr_expect_str_eq(next.verdict.error, error);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
	cr_expect_eq(next.verdict.context.count, 0);
}

/* No preloading either: that makes no library appear. */
Test(failurelook_company, the_same_failure_in_company_changes_nothing) {
	cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	cr_assert_eq(surveyed(NULL, NULL, 0), SECONDLOOK_LOAD);
	cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	cr_expect_str_eq(next.verdict.error, "liby.so: is not there");
	cr_assert_eq(next.verdict.missing.count, 1);
	cr_expect_str_eq(next.verdict.missing.items[0], "liby.so");
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_ALWAYS);
}

/* How a process ended has many causes. */
Test(failurelook_company, what_crashes_there_too_is_remembered_if_repeated) {
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tlibc.so => /c (0x1)\n", 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_DONE);
	cr_expect_str_eq(next.verdict.error, "it was so");
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_IF_REPEATED);
}

Test(failurelook_company, what_the_company_lacks_is_the_answer) {
	come_to_company();
	cr_assert_eq(lacks("libz.so", 1), SECONDLOOK_TRACE);
	cr_assert_not_null(next.plan.library_path);
	cr_expect_str_eq(next.plan.library_path->items[0], world.package);
	cr_assert_eq(traced("  7:\tfile=libz.so [0];  needed by /y [0]\n"
			    "\tlibz.so => not found\n\tlibzz.so => not found\n",
			     1),
		SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	expect_error_in_company("libz.so: is not there (needed by /y; 1 more library is missing)");
	cr_assert_eq(next.verdict.missing.count, 2);
	cr_expect_str_eq(next.verdict.missing.items[0], "libz.so");
	cr_expect_eq(next.verdict.needs.count, 2);
}

Test(failurelook_company, versions_that_the_company_lacks_are_told) {
	struct verdict provider = {0};

	come_to_company();
	struct verdict verdict = {0};
	cr_assert_eq(verdict_make(DLTEST_REASON_MISSING_VERSION, "V_2", &verdict), 0);
	cr_assert_eq(judged(verdict, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("/x: /y.so: version `V_2' not found (required by /x)\n", 1),
		SECONDLOOK_LOAD);
	cr_expect_str_eq(next.plan.path, "/y.so");
	cr_expect_not_null(next.plan.library_path);
	cr_assert_eq(facts_put(&provider.facts, DLTEST_FACT_VERSION, "V_1"), 0);
	cr_assert_eq(judged(provider, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_MISSING_VERSION);
	cr_assert_eq(next.verdict.needs.count, 1);
	cr_expect_eq(next.verdict.needs.items[0].available.count, 1);
}

Test(failurelook_company, what_the_company_does_is_the_answer) {
	static const enum dltest_reason reasons[] = {DLTEST_REASON_CRASHED, DLTEST_REASON_EXITED,
		DLTEST_REASON_OUT_OF_MEMORY, DLTEST_REASON_CLOSE_FAILED};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		come_to_company();
		cr_assert_eq(loaded(reasons[i], 1), SECONDLOOK_DONE);
		cr_expect_eq(next.verdict.reason, reasons[i]);
		expect_error_in_company("it was so");
		cr_expect_eq(next.verdict.missing.count, 0);
	}
}

Test(failurelook_company, what_does_not_end_there_has_timed_out) {
	come_to_company();
	cr_assert_eq(loaded(DLTEST_REASON_TIMED_OUT, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_TIMED_OUT);
	expect_error_in_company("was still being loaded after 1 s in all");
}

Test(failurelook_company, without_time_for_all_that_it_lacks_there_the_first_is_told) {
	come_to_company();
	cr_assert_eq(lacks("libz.so", TIMEOUT_MS - 10), SECONDLOOK_DONE);
	expect_error_in_company("libz.so: is not there");
}

/* Whatever hangs before that. */
Test(failurelook_company, half_of_the_time_is_kept_for_company) {
	have_liby();
	cr_assert_eq(lacks("liby.so", 200), SECONDLOOK_TRACE);
	cr_expect_eq(next.plan.timeout_ms, 400);
	cr_assert_eq(traced("/x: /c.so: version `V_2' not found (required by /x)\n", 300),
		SECONDLOOK_LOAD);
	cr_expect_str_eq(next.plan.path, "/c.so");
	cr_expect_eq(next.plan.timeout_ms, 100);
	cr_assert_eq(loaded(DLTEST_REASON_TIMED_OUT, 100), SECONDLOOK_LOAD);
	expect_company();
	cr_expect_eq(next.plan.timeout_ms, 400);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

/* Nobody has looked for it where it may well be. */
Test(failurelook_company, without_time_for_company_nothing_is_called_missing) {
	have_liby();
	cr_assert_eq(lacks("liby.so", TIMEOUT_MS - 10), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_TIMED_OUT);
	cr_expect_str_eq(next.verdict.error,
		"1 s were over before it could be tried in the company of its own package (alone: "
		"liby.so: is not there)");
	cr_expect_eq(next.verdict.missing.count, 0);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

Test(failurelook_company, what_the_package_has_not_is_missing_without_time_for_company) {
	cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_TRACE);
	cr_expect_eq(next.plan.timeout_ms, TIMEOUT_MS - 1);
	cr_assert_eq(traced(NULL, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	cr_expect_str_eq(next.verdict.error, "liby.so: is not there");
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

/* It had less time there than alone. */
Test(failurelook_company, without_time_for_company_a_crash_stays_one) {
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, TIMEOUT_MS - 10), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_CRASHED);
	cr_expect_str_eq(next.verdict.error,
		"it was so (there was no time to try it in the company of its own package)");
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 700), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_TIMED_OUT, 299), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_CRASHED);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

Test(failurelook_company, after_a_failure_of_ours_the_first_verdict_stands) {
	cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	cr_assert_eq(surveyed(NULL, NULL, 0), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NO_VERDICT, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	cr_expect_str_eq(next.verdict.error,
		"liby.so: is not there (in the company of its own package it could not be tried)");
	cr_assert_eq(next.verdict.missing.count, 1);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

/* In another directory of the package, and under another name. */
Test(failurelook_company, what_the_survey_finds_is_searched_and_loaded) {
	make_dir("libs/p-1/other");
	write_file(below("libs/p-1/other/libreal.so"), "");
	cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	cr_expect_str_eq(next.plan.preload->items[0] + 1, world.package);
	cr_expect_str_eq(next.plan.preload->items[next.plan.preload->count - 1], "nliby.so");
	cr_assert_eq(surveyed("liby.so", below("libs/p-1/other/libreal.so"), 1), SECONDLOOK_LOAD);
	const struct strv *searched = next.plan.library_path;
	cr_assert_not_null(searched);
	cr_expect_str_eq(searched->items[searched->count - 1], below("libs/p-1/other"));
	cr_expect_eq(next.plan.companions, 1);
	cr_expect_str_eq(next.plan.preload->items[0], below("libs/p-1/other/libreal.so"));
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(next.verdict.warnings.count, 1);
}

/* Whatever it says: it has read what others wrote. */
Test(failurelook_company, what_the_survey_finds_elsewhere_does_not_count) {
	make_dir("away");
	write_file(below("away/liby.so"), "");
	cr_assert_eq(symlink(below("away"), below("libs/p-1/link")), 0);
	const char *const paths[] = {"/away/liby.so", "/libs/p-1/link/liby.so",
		"/libs/p-1/lib/../../../away/liby.so", "/none/liby.so", ""};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char path[300];

		snprintf(path, sizeof(path), "%s%s", paths[i][0] ? tempdir : "", paths[i]);
		cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_TRACE);
		cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
		cr_assert_eq(surveyed("liby.so", path, 1), SECONDLOOK_LOAD);
		expect_company();
		cr_expect_eq(next.plan.library_path->count, 2, "%s", path);
		cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_DONE);
	}
}

Test(failurelook_company, a_survey_that_fails_is_told) {
	cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NO_VERDICT, 1), SECONDLOOK_LOAD);
	cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_DONE);
	cr_expect_str_eq(next.verdict.error,
		"liby.so: is not there (its package could not be looked through)");
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

Test(failurelook_company, without_a_survey_company_is_tried_all_the_same) {
	cr_assert_eq(lacks("liby.so", 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_TIMED_OUT, 1), SECONDLOOK_LOAD);
	expect_company();
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}
