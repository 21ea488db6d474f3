/* SPDX-License-Identifier: MIT */
#include "loader_abi.h"
#include "look.h"

TestSuite(needlook, .init = look_set_up, .fini = look_tear_down);

static void expect_trial(size_t count, const char *first) {
	expect_preload(count, first);
	cr_expect_eq(next.plan.flags, LOADER_JOB_SOFT_NEED);
	cr_expect_str_eq(next.plan.path, world.library);
}

static const char *const three_softneeds[] = {
	"suggested\tx\tliba.so\tliba2.so", "required\ty\tlibb.so", "required\t\tlibc.so", NULL};

Test(needlook, a_soft_need_that_nobody_asks_for_is_not_tried) {
	const char *const softneeds[] = {"suggested\tx\tliba.so", "recommended\ty\tlibb.so", NULL};

	cr_expect_eq(wants(softneeds, 1), SECONDLOOK_DONE);
	request.details = request.dry_run = true;
	cr_expect_eq(wants(softneeds, 1), SECONDLOOK_DONE);
}

Test(needlook, required_soft_needs_are_tried_for_everybody) {
	request.bare = true;
	cr_assert_eq(wants(three_softneeds, 1), SECONDLOOK_LOAD);
	expect_trial(1, "libb.so");
	cr_expect_eq(next.plan.timeout_ms, TIMEOUT_MS - 1);
	cr_assert_eq(tried(DLTEST_REASON_NONE, NULL, 9), SECONDLOOK_LOAD);
	expect_trial(1, "libc.so");
	cr_expect_eq(next.plan.timeout_ms, TIMEOUT_MS - 10);
	cr_assert_eq(tried(DLTEST_REASON_NONE, NULL, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_expect_null(next.verdict.error);
	cr_expect_eq(next.verdict.warnings.count, 0);
	cr_expect(facts_has(&next.verdict.facts, DLTEST_FACT_OBJECT), "of the first load");
	cr_expect_not(facts_has(&next.verdict.basis, DLTEST_FACT_INCOMPLETE));
}

Test(needlook, missing_soft_needs_are_told) {
	request.details = true;
	cr_assert_eq(wants(three_softneeds, 1), SECONDLOOK_LOAD);
	cr_assert_eq(tried(DLTEST_REASON_MISSING_DEPENDENCY, "libb.so", 1), SECONDLOOK_LOAD);
	cr_assert_eq(tried(DLTEST_REASON_MISSING_DEPENDENCY, "libc.so", 1), SECONDLOOK_LOAD);
	expect_trial(2, "liba.so");
	cr_assert_eq(tried(DLTEST_REASON_CRASHED, NULL, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	cr_expect_str_eq(next.verdict.error,
		"opens libb.so for y (required), which is not there (1 more library is missing)");
	cr_assert_eq(next.verdict.missing.count, 2);
	cr_expect_str_eq(next.verdict.missing.items[1], "libc.so");
	cr_assert_eq(next.verdict.warnings.count, 2);
	cr_expect_str_eq(
		next.verdict.warnings.items[0], "opens libc.so (required), which is not there");
	cr_expect_str_eq(next.verdict.warnings.items[1],
		"wants liba.so or liba2.so for x (suggested), which crashes");
}

Test(needlook, soft_needs_are_not_tried_without_time_left) {
	request.details = true;
	cr_assert_eq(wants(three_softneeds, 1), SECONDLOOK_LOAD);
	cr_assert_eq(tried(DLTEST_REASON_TIMED_OUT, NULL, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_assert_eq(next.verdict.warnings.count, 3);
	cr_expect_str_eq(next.verdict.warnings.items[0],
		"opens libb.so for y (required), which does not finish loading");
	cr_expect_str_eq(next.verdict.warnings.items[1],
		"opens libc.so (required), which could not be tried");
	cr_expect_str_eq(next.verdict.warnings.items[2],
		"wants liba.so or liba2.so for x (suggested), which could not be tried");
	cr_expect(facts_has(&next.verdict.basis, DLTEST_FACT_INCOMPLETE), "not to be remembered");
	cr_assert_eq(wants(three_softneeds, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.warnings.count, 3);
}

static void expect_trial_in_company(const char *first) {
	const struct strv *searched = next.plan.library_path;

	cr_assert_not_null(next.plan.preload);
	cr_expect_str_eq(next.plan.preload->items[0], first);
	cr_assert_not_null(searched);
	cr_expect_str_eq(searched->items[0], world.package);
	cr_expect_str_eq(searched->items[searched->count - 1], "/elsewhere");
}

Test(needlook, soft_needs_of_a_library_in_company_are_tried_there) {
	cr_assert_eq(strv_add(&request.library_path, "/elsewhere"), 0);
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	cr_assert_eq(surveyed(NULL, NULL, 0), SECONDLOOK_LOAD);
	cr_assert_eq(wants(three_softneeds, 1), SECONDLOOK_LOAD);
	expect_trial_in_company("libb.so");
	cr_assert_eq(tried(DLTEST_REASON_NONE, NULL, 1), SECONDLOOK_LOAD);
	expect_trial_in_company("libc.so");
	cr_assert_eq(tried(DLTEST_REASON_NONE, NULL, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(next.verdict.missing.count, 0);
	cr_expect_gt(next.verdict.context.count, 0);
}

/* The sanitizers look whether secondlook_free() has all there is to free. */
Test(needlook, a_look_given_up_half_way_is_freed) {
	request.details = true;
	cr_assert_eq(wants(three_softneeds, 1), SECONDLOOK_LOAD);
}
