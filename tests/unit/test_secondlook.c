/* SPDX-License-Identifier: MIT */
#include "look.h"

TestSuite(secondlook, .init = look_set_up, .fini = look_tear_down);

/* What the first load gives, by the class of its reason; while the library was being opened. */
static const enum secondlook_act first_acts[] = {
	[DLTEST_REASON_CLASS_LOADS] = SECONDLOOK_DONE,
	[DLTEST_REASON_CLASS_PATH] = SECONDLOOK_DONE,
	[DLTEST_REASON_CLASS_FORM] = SECONDLOOK_DONE,
	[DLTEST_REASON_CLASS_LINKER] = SECONDLOOK_TRACE,
	[DLTEST_REASON_CLASS_PROCESS] = SECONDLOOK_TRACE,
	[DLTEST_REASON_CLASS_PASSING] = SECONDLOOK_DONE,
};

Test(secondlook, a_trace_for_what_the_linker_or_the_code_did) {
	for (int i = 0; i < DLTEST_REASON_COUNT_; i++) {
		enum dltest_reason reason = (enum dltest_reason)i;
		enum secondlook_act act = first_acts[dltest_reason_class(reason)];

		cr_expect_eq(loaded(reason, 1), act, "%s", dltest_reason_name(reason));
		if (act == SECONDLOOK_DONE)
			cr_expect_eq(next.verdict.reason, reason);
		look = secondlook_free(look);
	}
}

Test(secondlook, no_trace_for_a_crash_in_closing_or_a_kill) {
	const struct verdict closing = {
		.reason = DLTEST_REASON_CRASHED, .signal = SIGSEGV, .phase = "close"};
	const struct verdict flooding = {
		.reason = DLTEST_REASON_CRASHED, .signal = SIGKILL, .phase = "open"};

	cr_expect_eq(judged(closing, 0), SECONDLOOK_DONE);
	cr_expect_eq(judged(flooding, 0), SECONDLOOK_DONE);
}

/* It is about the file of a library that was to be loaded before, for one. */
Test(secondlook, no_trace_of_what_was_not_opened) {
	const struct verdict checked = {
		.reason = DLTEST_REASON_MISSING_DEPENDENCY, .nothing_was_loaded = true};

	cr_expect_eq(judged(checked, 1), SECONDLOOK_DONE);
}

Test(secondlook, no_trace_without_loading) {
	request.dry_run = true;
	cr_expect_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_DONE);
}

Test(secondlook, a_verdict_is_taken_over_and_left_empty) {
	struct verdict verdict;

	cr_assert_eq(verdict_make(DLTEST_REASON_NOT_FOUND, "it was so", &verdict), 0);
	const struct question question = {world.library, &request};
	look = secondlook_new(&question, &world.env);
	cr_expect_eq(look_go_on(secondlook_judge(look, 0, &verdict)), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NOT_FOUND);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_null(verdict.error);
}

/* As when there was no memory for it. */
Test(secondlook, without_a_look_the_first_verdict_is_the_answer) {
	struct verdict verdict;

	cr_assert_eq(verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "it was so", &verdict), 0);
	cr_expect_eq(look_go_on(secondlook_judge(NULL, 0, &verdict)), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_str_eq(next.verdict.error, "it was so");
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

Test(secondlook, the_answer_is_worth_no_more_than_a_load_that_it_rests_on) {
	static const enum dltest_reason reasons[] = {
		DLTEST_REASON_NONE, DLTEST_REASON_MISSING_DEPENDENCY};

	for (size_t i = 0; i < 2; i++) {
		const struct verdict doubtful = {
			.reason = reasons[i], .worth = VERDICT_WORTH_NEVER};

		cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
		cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
		cr_assert_eq(surveyed(NULL, NULL, 0), SECONDLOOK_LOAD);
		cr_expect_eq(judged(doubtful, 1), SECONDLOOK_DONE);
		cr_expect_eq(next.verdict.reason, reasons[i]);
		cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
	}
}

Test(secondlook, no_time_left_is_the_end) {
	cr_assert_eq(loaded(DLTEST_REASON_NO_STATIC_TLS, TIMEOUT_MS - 10), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NO_STATIC_TLS);
	cr_assert_eq(loaded(DLTEST_REASON_NO_STATIC_TLS, 5 * TIMEOUT_MS), SECONDLOOK_DONE);
	request.bare = true;
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_str_eq(next.verdict.error, "it was so");
}
