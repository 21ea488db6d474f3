/* SPDX-License-Identifier: MIT */
#include "loader_abi.h"
#include "look.h"

TestSuite(failurelook, .init = look_set_up, .fini = look_tear_down);

/* No other object would help, but what was searched is to be remembered. */
Test(failurelook, a_trace_is_enough_where_no_object_would_help) {
	cr_expect_eq(loaded(DLTEST_REASON_NO_STATIC_TLS, 1), SECONDLOOK_TRACE);
	cr_expect_eq(traced("\t/lib/libc.so.6 (0x1)\n", 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NO_STATIC_TLS);
	cr_expect(facts_has(&next.verdict.basis, DLTEST_FACT_OBJECT));
}

/* A symbol's name may hold whole lines, and be of any length. */
Test(failurelook, a_provider_too_long_for_a_path_is_not_loaded) {
	static char lines[3 * 4096];
	size_t size = (size_t)snprintf(lines, sizeof(lines), "x: /");

	memset(lines + size, 'a', 4096);
	strcpy(lines + size + 4096, ": version `V_1' not found (required by z)\n"
				    "x: /short: version `V_1' not found (required by z)\n");
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(lines, 1), SECONDLOOK_LOAD);
	cr_expect_str_eq(next.plan.path, "/short");
	cr_assert_eq(loaded(DLTEST_REASON_NOT_FOUND, 1), SECONDLOOK_LOAD);
	expect_company();
}

Test(failurelook, a_library_that_loads_in_company_loads) {
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n\tlibc.so => /c (0x1)\n", 8), SECONDLOOK_LOAD);
	cr_assert_eq(surveyed(NULL, NULL, 1), SECONDLOOK_LOAD);
	expect_company();
	cr_expect_eq(next.plan.timeout_ms, TIMEOUT_MS - 10);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_expect_null(next.verdict.error);
	cr_expect(facts_has(&next.verdict.basis, DLTEST_FACT_OBJECT), "of the trace, for memory");
	/* No object was told, so none can be left out. */
	cr_assert_eq(next.verdict.context.count, 2);
	cr_expect_str_eq(next.verdict.context.items[0], world.package);
}

Test(failurelook, the_callers_path_comes_after_company) {
	cr_assert_eq(strv_add(&request.library_path, "/elsewhere"), 0);
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	const struct strv *searched = next.plan.library_path;
	cr_expect_str_eq(searched->items[0], world.package);
	cr_expect_str_eq(searched->items[searched->count - 1], "/elsewhere");
}

/* A letter for what is planned: trace, versions, company, relatives; ? for anything else. */
static char letter_of(const struct secondlook_next *step) {
	const struct secondlook_plan *plan = &step->plan;

	if (step->act == SECONDLOOK_TRACE)
		return 't';
	return plan->flags == LOADER_JOB_VERSIONS ? 'v'
	       : plan->flags == LOADER_JOB_SURVEY ? 'd'
	       : plan->flags			  ? '?'
	       : plan->library_path		  ? 'c'
	       : plan->preload			  ? 'r'
						  : '?';
}

/* The letters of all steps after 'reason', none of which helps: every load ends in the same way. */
static const char *steps_after(enum dltest_reason reason) {
	static char letters[16];
	size_t count = 0;

	enum secondlook_act act = loaded(reason, 1);
	while (act != SECONDLOOK_DONE && count < sizeof(letters) - 1) {
		letters[count++] = letter_of(&next);
		act = act == SECONDLOOK_TRACE
			      ? traced("x: /short: version `V_1' not found (required by z)\n", 1)
			      : loaded(reason, 1);
	}
	letters[count] = '\0';
	return letters;
}

/* What docs/DIAGNOSIS.md says. What is not named here is decided by the class of the reason. */
static const char *steps_documented(enum dltest_reason reason) {
	if (reason == DLTEST_REASON_MISSING_DEPENDENCY)
		return "tvc";
	if (reason == DLTEST_REASON_UNDEFINED_SYMBOL)
		return "tvcrd";
	if (reason == DLTEST_REASON_MISSING_VERSION || reason == DLTEST_REASON_CRASHED)
		return "tvcr";
	switch (dltest_reason_class(reason)) {
	case DLTEST_REASON_CLASS_LINKER:
	case DLTEST_REASON_CLASS_PROCESS:
		return "tv";
	case DLTEST_REASON_CLASS_LOADS:
	case DLTEST_REASON_CLASS_PATH:
	case DLTEST_REASON_CLASS_FORM:
	case DLTEST_REASON_CLASS_PASSING:
		return "";
	}
	return NULL;
}

Test(failurelook, steps_are_those_of_the_reason) {
	for (int i = 0; i < DLTEST_REASON_COUNT_; i++) {
		enum dltest_reason reason = (enum dltest_reason)i;

		cr_expect_str_eq(steps_after(reason), steps_documented(reason), "%s",
			dltest_reason_name(reason));
	}
}

Test(failurelook, bare_is_the_trace_alone) {
	request.bare = true;
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("undefined symbol: f\t(/x)\n", 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_eq(next.verdict.symbols.count, 1);
}

Test(failurelook, one_relative_that_helps_is_told) {
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	expect_company();
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_LOAD);
	expect_preload(7, "libm.so.6");
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_LOAD);
	expect_alone();
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_LOAD);
	expect_preload(1, "libm.so.6");
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_LOAD);
	expect_preload(1, "libgcc_s.so.1");
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_CRASHED);
	cr_expect_eq(next.verdict.signal, SIGSEGV);
	cr_assert_eq(next.verdict.loads_with.count, 1);
	cr_expect_str_eq(next.verdict.loads_with.items[0], "libgcc_s.so.1");
}

Test(failurelook, a_crash_that_company_prevents_is_confirmed) {
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tlibc.so => /c (0x1)\n", 1), SECONDLOOK_LOAD);
	expect_company();
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_LOAD);
	expect_alone();
	cr_expect_eq(next.plan.timeout_ms, TIMEOUT_MS - 3);
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(next.verdict.context.count, 2);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_IF_REPEATED);
	cr_expect(facts_has(&next.verdict.basis, DLTEST_FACT_OBJECT));
}

/* Neither company nor relatives have done anything about it. */
Test(failurelook, what_crashes_now_and_then_is_not_helped) {
	for (int company = 0; company < 2; company++) {
		cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
		cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
		expect_company();
		if (!company)
			cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_LOAD);
		cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_LOAD);
		expect_alone();
		cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_DONE);
		cr_expect_eq(next.verdict.reason, DLTEST_REASON_CRASHED);
		cr_expect_eq(next.verdict.signal, SIGSEGV);
		cr_expect_str_eq(
			next.verdict.error, "it was so (but not when it was tried once more)");
		cr_expect_eq(next.verdict.context.count, 0);
		cr_expect_eq(next.verdict.loads_with.count, 0);
		cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
	}
}

Test(failurelook, a_crash_that_is_not_confirmed_is_not_remembered) {
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_TIMED_OUT, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(next.verdict.context.count, 2);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
	/* There is no time to ask again. */
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, TIMEOUT_MS - 3), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.context.count, 2);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

Test(failurelook, all_relatives_are_told_if_none_helps_alone) {
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_LOAD);
	for (int i = 0; i < 6; i++)
		cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.loads_with.count, 7);
}

Test(failurelook, without_time_to_confirm_all_relatives_stay) {
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_CRASHED);
	cr_expect_eq(next.verdict.loads_with.count, 7);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

Test(failurelook, what_does_not_end_with_relatives_has_timed_out) {
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("undefined symbol: sincos\t(/x)\n", 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_LOAD);
	expect_preload(7, "libm.so.6");
	cr_assert_eq(loaded(DLTEST_REASON_TIMED_OUT, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_TIMED_OUT);
	cr_expect_str_eq(next.verdict.error,
		"with libm.so.6 and its like loaded first: was still being loaded after 1 s in all "
		"(alone: it was so)");
	cr_expect_eq(next.verdict.symbols.count, 1);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

/* It may not have come as far as alone. */
Test(failurelook, too_little_time_with_relatives_changes_nothing) {
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 400), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_TIMED_OUT, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_str_eq(next.verdict.error,
		"it was so (there was not enough time to try it with libm.so.6 and its like loaded "
		"first)");
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

Test(failurelook, versions_of_the_provider_are_told) {
	struct verdict provider = {0};

	request.bare = true;
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_VERSION, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("/x: /c.so: version `V_2' not found (required by /x)\n"
			    "/x: /c.so: version `V_3' not found (required by /x)\n",
			     1),
		SECONDLOOK_LOAD);
	cr_expect_str_eq(next.plan.path, "/c.so");
	cr_expect_eq(next.plan.flags, LOADER_JOB_VERSIONS);
	cr_assert_eq(facts_put(&provider.facts, DLTEST_FACT_VERSION, "V_1"), 0);
	cr_assert_eq(judged(provider, 1), SECONDLOOK_DONE);
	cr_assert_eq(next.verdict.needs.count, 2);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(next.verdict.needs.items[i].available.count, 1);
		cr_expect_str_eq(next.verdict.needs.items[i].available.items[0], "V_1");
	}
}

/* The sanitizers look whether secondlook_free() has all there is to free: here a list of what to
 * search, and how the library loaded until that is confirmed. */
Test(failurelook, a_look_given_up_half_way_is_freed) {
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_LOAD);
}
