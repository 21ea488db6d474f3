/* SPDX-License-Identifier: MIT */
#include "culprit.h"
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

/* --- How a process ended ------------------------------------------------------------------- */

/* What a load that is to explain it tells. */
static struct verdict explained(int signal) {
	struct verdict verdict = {
		.reason = DLTEST_REASON_CRASHED, .signal = signal, .phase = "close"};

	cr_assert_eq(
		culprit_new("/l/libb.so.1", "+0x1c4", "a destructor", "0f0b", &verdict.culprit), 0);
	cr_assert_eq(strv_add(&verdict.refused, "socket AF_INET"), 0);
	cr_assert_eq(strv_add(&verdict.refused, "open for reading: /etc/x"), 0);
	return verdict;
}

static struct verdict crash(int signal) {
	struct verdict verdict = {0};

	cr_assert_eq(verdict_make(DLTEST_REASON_CRASHED, "crashed", &verdict), 0);
	verdict.signal = signal;
	verdict.phase = "close";
	return verdict;
}

Test(secondlook, what_crashes_is_loaded_once_more_to_have_it_explained) {
	explains = true;
	cr_assert_eq(judged(crash(SIGILL), 1), SECONDLOOK_LOAD);
	cr_expect_eq(next.plan.flags, LOADER_JOB_EXPLAIN);
	cr_expect_eq(next.plan.timeout_ms, TIMEOUT_MS - 1);
	cr_assert_eq(judged(explained(SIGILL), 1), SECONDLOOK_DONE);
#if defined(__x86_64__)
	cr_expect_str_eq(next.verdict.error, "crashed, in libb.so.1+0x1c4, a destructor, at an "
					     "instruction that no processor has "
					     "(ud2): compilers put it where code must not come to, "
					     "after it was refused open for "
					     "reading: /etc/x");
#endif
	cr_expect_str_eq(next.verdict.culprit->object, "/l/libb.so.1");
	cr_expect_eq(next.verdict.refused.count, 2);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_ALWAYS);
}

Test(secondlook, what_ends_otherwise_explains_nothing) {
	explains = true;
	cr_assert_eq(judged(crash(SIGSEGV), 1), SECONDLOOK_LOAD);
	cr_assert_eq(judged(explained(SIGABRT), 1), SECONDLOOK_DONE);
	cr_expect_str_eq(next.verdict.error, "crashed");
	cr_expect_null(next.verdict.culprit);
	cr_expect_eq(next.verdict.refused.count, 0);
}

/* What the first load was refused is known without it. */
Test(secondlook, without_time_only_the_first_load_explains) {
	struct verdict verdict = crash(SIGSEGV);

	explains = true;
	cr_assert_eq(strv_add(&verdict.refused, "socket AF_INET"), 0);
	cr_assert_eq(judged(verdict, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_str_eq(next.verdict.error, "crashed, after it was refused socket AF_INET");
}

Test(secondlook, what_hangs_is_loaded_once_more_for_a_moment) {
	struct verdict hung = {.reason = DLTEST_REASON_TIMED_OUT, .phase = "open"};
	struct verdict again = {.reason = DLTEST_REASON_TIMED_OUT, .phase = "open"};

	explains = true;
	hung.error = strdup("hung");
	cr_assert_eq(culprit_new("/l/liba.so", "+0x1", "", "", &hung.culprit), 0);
	cr_assert_eq(judged(hung, TIMEOUT_MS), SECONDLOOK_LOAD);
	cr_expect_eq(next.plan.flags, LOADER_JOB_EXPLAIN);
	cr_expect_leq(next.plan.timeout_ms, 100);
	cr_assert_eq(strv_add(&again.refused, "open for reading: /etc/x"), 0);
	cr_assert_eq(judged(again, 100), SECONDLOOK_DONE);
	cr_expect_str_eq(next.verdict.error,
		"hung, in liba.so+0x1, after it was refused open for reading: /etc/x");
}

Test(secondlook, the_dynamic_linkers_last_words_are_told) {
	static const struct {
		const char *printed, *error, *symbol;
	} cases[] = {
		{"Inconsistency detected by ld.so: dl-version.c: 205: x: Assertion failed!\n",
			"ended: Inconsistency detected by ld.so: dl-version.c: 205: x: Assertion "
			"failed!",
			NULL},
		{"hello\nloader: symbol lookup error: /x/a.so: undefined symbol: gone\nmore",
			"ended: /x/a.so: undefined symbol: gone", "gone"},
		{"nothing of it", "ended", NULL},
	};

	explains = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verdict ended = {.reason = DLTEST_REASON_EXITED,
				       .exited = true,
				       .exit_status = 127,
				       .phase = "close"},
			       again = ended;

		ended.error = strdup("ended");
		again.output = strdup(cases[i].printed);
		cr_assert_eq(judged(ended, 1), SECONDLOOK_LOAD);
		cr_assert_eq(judged(again, 1), SECONDLOOK_DONE);
		cr_expect_str_eq(next.verdict.error, cases[i].error);
		cr_expect_eq(next.verdict.symbols.count, cases[i].symbol != NULL);
		if (cases[i].symbol)
			cr_expect_str_eq(next.verdict.symbols.items[0], cases[i].symbol);
	}
}
