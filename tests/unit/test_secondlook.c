/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "loadenv.h"
#include "loader_abi.h"
#include "request.h"
#include "secondlook.h"
#include "tempdir.h"
#include "tracetext.h"
#include "verdict.h"

#define TIMEOUT_MS 1000

static struct request request;
static struct question question;
static struct loadenv env;
static struct secondlook *look;
static struct verdict verdict;
static char path[128], libs[64], package[64];

static void begin(void) {
	tempdir_make();
	make_dir("libs");
	make_dir("libs/p-1");
	make_dir("libs/p-1/lib");
	snprintf(libs, sizeof(libs), "%s", below("libs"));
	snprintf(package, sizeof(package), "%s", below("libs/p-1/lib"));
	snprintf(path, sizeof(path), "%s", below("libs/p-1/lib/x.so"));
	write_file(path, "");
	request = (struct request){.timeout_ms = TIMEOUT_MS};
	question = (struct question){path, &request};
	env = (struct loadenv){.libs_root = 1, .search_path = libs};
	cr_assert_eq(strv_add(&env.roots, libs), 0);
}

static void end(void) {
	look = secondlook_free(look);
	verdict_fini(&verdict);
	strv_fini(&env.roots);
	tempdir_remove();
}

TestSuite(secondlook, .init = begin, .fini = end);

/* A load of the library ended so. */
static enum secondlook_act loaded(enum dltest_reason reason, uint32_t took_ms) {
	struct verdict now = {.reason = reason};

	if (reason)
		cr_assert_eq(verdict_make(reason, "it was so", &now), 0);
	if (reason == DLTEST_REASON_CRASHED)
		now.signal = SIGSEGV;
	if (dltest_reason_class(reason) == DLTEST_REASON_CLASS_PROCESS)
		now.phase = "open";
	verdict_fini(&verdict);
	verdict = now;
	return secondlook_judge(&look, &question, &env, took_ms * UINT64_C(1000), &verdict);
}

static enum secondlook_act traced(const char *lines, uint32_t took_ms) {
	struct tracetext text = {0};

	if (lines) {
		tracetext_add(&text, lines, strlen(lines));
		tracetext_end(&text);
	}
	enum secondlook_act act =
		secondlook_traced(look, lines ? &text : NULL, took_ms * UINT64_C(1000), &verdict);
	tracetext_fini(&text);
	return act;
}

static void expect_company(void) {
	const struct secondlook_plan *plan = secondlook_plan(look);

	cr_assert_not_null(plan->library_path);
	cr_expect_str_eq(plan->library_path->items[0], package);
	cr_expect_null(plan->preload);
	cr_expect_str_eq(plan->path, path);
}

static void expect_preload(size_t count, const char *first) {
	const struct secondlook_plan *plan = secondlook_plan(look);

	cr_assert_not_null(plan->preload);
	cr_expect_null(plan->library_path);
	cr_expect_eq(plan->preload->count, count);
	cr_expect_str_eq(plan->preload->items[0], first);
}

static void expect_alone(void) {
	const struct secondlook_plan *plan = secondlook_plan(look);

	cr_expect_null(plan->preload);
	cr_expect_null(plan->library_path);
	cr_expect_eq(plan->flags, 0);
	cr_expect_str_eq(plan->path, path);
}

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
		cr_expect_eq(!look, act == SECONDLOOK_DONE);
		if (act == SECONDLOOK_DONE)
			cr_expect_eq(verdict.reason, reason);
		look = secondlook_free(look);
	}
}

/* No other object would help, but what was searched is to be remembered. */
Test(secondlook, a_trace_is_enough) {
	cr_expect_eq(loaded(DLTEST_REASON_NO_STATIC_TLS, 1), SECONDLOOK_TRACE);
	cr_expect_eq(traced("\t/lib/libc.so.6 (0x1)\n", 1), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NO_STATIC_TLS);
	cr_expect(facts_has(&verdict.basis, LOADER_FACT_OBJECT));
}

Test(secondlook, nor_at_a_crash_while_closing_or_for_what_it_tried) {
	struct verdict closing = {
		.reason = DLTEST_REASON_CRASHED, .signal = SIGSEGV, .phase = "close"};
	struct verdict flooding = {
		.reason = DLTEST_REASON_CRASHED, .signal = SIGKILL, .phase = "open"};

	cr_expect_eq(secondlook_judge(&look, &question, &env, 0, &closing), SECONDLOOK_DONE);
	cr_expect_eq(secondlook_judge(&look, &question, &env, 0, &flooding), SECONDLOOK_DONE);
	cr_expect_null(look);
}

Test(secondlook, nor_without_loading) {
	request.dry_run = true;
	cr_expect_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_DONE);
	cr_expect_null(look);
}

/* A symbol's name may hold whole lines, and be of any length. */
Test(secondlook, a_provider_too_long_for_a_path_is_not_loaded) {
	static char lines[3 * 4096];
	size_t size = (size_t)snprintf(lines, sizeof(lines), "x: /");

	memset(lines + size, 'a', 4096);
	strcpy(lines + size + 4096, ": version `V_1' not found (required by z)\n"
				    "x: /short: version `V_1' not found (required by z)\n");
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(lines, 1), SECONDLOOK_LOAD);
	cr_expect_str_eq(secondlook_plan(look)->path, "/short");
	cr_assert_eq(loaded(DLTEST_REASON_NOT_FOUND, 1), SECONDLOOK_LOAD);
	expect_company();
}

Test(secondlook, missing_dependency_in_company) {
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
	cr_expect_eq(secondlook_plan(look)->timeout_ms, TIMEOUT_MS - 1);
	cr_assert_eq(traced("\tliby.so => not found\n\tlibc.so => /c (0x1)\n", 9), SECONDLOOK_LOAD);
	expect_company();
	cr_expect_eq(secondlook_plan(look)->timeout_ms, TIMEOUT_MS - 10);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_null(verdict.error);
	cr_expect(facts_has(&verdict.basis, LOADER_FACT_OBJECT), "of the trace, for memory");
	/* No object was told, so none can be left out. */
	cr_assert_eq(verdict.context.count, 2);
	cr_expect_str_eq(verdict.context.items[0], package);
}

Test(secondlook, missing_dependency_after_all) {
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	/* Whatever happens in company, and no preloading: that makes no library appear. */
	cr_assert_eq(loaded(DLTEST_REASON_EXITED, 1), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	cr_assert_eq(verdict.missing.count, 1);
	cr_expect_str_eq(verdict.missing.items[0], "liby.so");
}

Test(secondlook, the_answer_is_worth_no_more_than_a_load_that_it_rests_on) {
	static const enum dltest_reason reasons[] = {
		DLTEST_REASON_NONE, DLTEST_REASON_MISSING_DEPENDENCY};

	for (size_t i = 0; i < 2; i++) {
		struct verdict doubtful = {.reason = reasons[i], .worth = VERDICT_WORTH_NEVER};

		cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
		cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
		cr_expect_eq(
			secondlook_judge(&look, &question, &env, 0, &doubtful), SECONDLOOK_DONE);
		cr_expect_eq(doubtful.reason, reasons[i]);
		cr_expect_eq(doubtful.worth, VERDICT_WORTH_NEVER);
		verdict_fini(&doubtful);
		look = secondlook_free(look);
	}
}

Test(secondlook, the_callers_path_comes_after_company) {
	cr_assert_eq(strv_add(&request.library_path, "/elsewhere"), 0);
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	const struct strv *searched = secondlook_plan(look)->library_path;
	cr_expect_str_eq(searched->items[0], package);
	cr_expect_str_eq(searched->items[searched->count - 1], "/elsewhere");
	strv_fini(&request.library_path);
}

Test(secondlook, bare) {
	request.bare = true;
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("undefined symbol: f\t(/x)\n", 1), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_eq(verdict.symbols.count, 1);
}

Test(secondlook, a_relative_helps) {
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
	cr_expect_eq(verdict.reason, DLTEST_REASON_CRASHED);
	cr_expect_eq(verdict.signal, SIGSEGV);
	cr_assert_eq(verdict.loads_with.count, 1);
	cr_expect_str_eq(verdict.loads_with.items[0], "libgcc_s.so.1");
}

Test(secondlook, a_crash_in_no_company) {
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tlibc.so => /c (0x1)\n", 1), SECONDLOOK_LOAD);
	expect_company();
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_LOAD);
	expect_alone();
	cr_expect_eq(secondlook_plan(look)->timeout_ms, TIMEOUT_MS - 3);
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(verdict.context.count, 2);
	cr_expect_eq(verdict.worth, VERDICT_WORTH_IF_REPEATED);
	cr_expect(facts_has(&verdict.basis, LOADER_FACT_OBJECT));
}

/* Neither company nor relatives have done anything about it. */
Test(secondlook, a_crash_now_and_then) {
	for (int company = 0; company < 2; company++) {
		cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
		cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
		expect_company();
		if (!company)
			cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_LOAD);
		cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_LOAD);
		expect_alone();
		cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_DONE);
		cr_expect_eq(verdict.reason, DLTEST_REASON_CRASHED);
		cr_expect_eq(verdict.signal, SIGSEGV);
		cr_expect_str_eq(verdict.error, "it was so (but not when it was tried once more)");
		cr_expect_eq(verdict.context.count, 0);
		cr_expect_eq(verdict.loads_with.count, 0);
		cr_expect_eq(verdict.worth, VERDICT_WORTH_NEVER);
		look = secondlook_free(look);
	}
}

Test(secondlook, a_crash_that_is_not_the_same_again) {
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_TIMED_OUT, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(verdict.context.count, 2);
	cr_expect_eq(verdict.worth, VERDICT_WORTH_NEVER);
	look = secondlook_free(look);
	/* There is no time to ask again. */
	cr_assert_eq(loaded(DLTEST_REASON_CRASHED, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, TIMEOUT_MS - 3), SECONDLOOK_DONE);
	cr_expect_eq(verdict.context.count, 2);
	cr_expect_eq(verdict.worth, VERDICT_WORTH_NEVER);
}

Test(secondlook, only_all_relatives_help) {
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NONE, 1), SECONDLOOK_LOAD);
	for (int i = 0; i < 6; i++)
		cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_DONE);
	cr_expect_eq(verdict.loads_with.count, 7);
}

Test(secondlook, no_time_left) {
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, TIMEOUT_MS - 10), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	look = secondlook_free(look);
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 5 * TIMEOUT_MS), SECONDLOOK_DONE);
	look = secondlook_free(look);
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_str_eq(verdict.error, "it was so");
}

Test(secondlook, a_further_look_that_fails_changes_nothing) {
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_OUT_OF_MEMORY, 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_TIMED_OUT, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_str_eq(verdict.error, "it was so");
}

Test(secondlook, a_failure_of_ours_in_company_is_no_failure_of_the_library) {
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	cr_assert_eq(loaded(DLTEST_REASON_NO_VERDICT, 1), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NO_VERDICT);
	cr_expect_str_eq(verdict.error,
		"it was so (it does not load without the directories of its own package)");
}

Test(secondlook, versions) {
	struct verdict now = {0};

	request.bare = true;
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_VERSION, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("/x: /c.so: version `V_2' not found (required by /x)\n"
			    "/x: /c.so: version `V_3' not found (required by /x)\n",
			     1),
		SECONDLOOK_LOAD);
	cr_expect_str_eq(secondlook_plan(look)->path, "/c.so");
	cr_expect_eq(secondlook_plan(look)->flags, LOADER_JOB_VERSIONS);
	cr_assert_eq(facts_put(&now.facts, LOADER_FACT_VERSION, "V_1"), 0);
	cr_assert_eq(secondlook_judge(&look, &question, &env, 1000, &now), SECONDLOOK_DONE);
	cr_assert_eq(now.needs.count, 2);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(now.needs.items[i].available.count, 1);
		cr_expect_str_eq(now.needs.items[i].available.items[0], "V_1");
	}
	verdict_fini(&now);
}

/* The library loads, and says what it would open. */
static enum secondlook_act wants(const char *const *needs, uint32_t took_ms) {
	struct verdict now = {0};

	cr_assert_eq(facts_put(&now.facts, LOADER_FACT_OBJECT, path), 0);
	for (; *needs; needs++)
		cr_assert_eq(facts_put(&now.facts, LOADER_FACT_SOFT_NEEDS, *needs), 0);
	verdict_fini(&verdict);
	verdict = now;
	return secondlook_judge(&look, &question, &env, took_ms * UINT64_C(1000), &verdict);
}

/* A trial in which the library loaded and what it wants did not, or did. */
static enum secondlook_act tried(enum dltest_reason reason, const char *missing, uint32_t took_ms) {
	struct verdict now = {.reason = reason};

	cr_assert_eq(facts_put(&now.facts, LOADER_FACT_OBJECT, path), 0);
	if (missing)
		cr_assert_eq(strv_add(&now.missing, missing), 0);
	else if (reason)
		now.phase = "close";
	verdict_fini(&verdict);
	verdict = now;
	return secondlook_judge(&look, &question, &env, took_ms * UINT64_C(1000), &verdict);
}

static void expect_trial(size_t count, const char *first) {
	expect_preload(count, first);
	cr_expect_eq(secondlook_plan(look)->flags, LOADER_JOB_SOFT_NEED);
	cr_expect_str_eq(secondlook_plan(look)->path, path);
}

static const char *const three_needs[] = {
	"suggested\tx\tliba.so\tliba2.so", "required\ty\tlibb.so", "required\t\tlibc.so", NULL};

Test(secondlook, soft_needs_that_nobody_asks_for) {
	const char *const needs[] = {"suggested\tx\tliba.so", "recommended\ty\tlibb.so", NULL};

	cr_expect_eq(wants(needs, 1), SECONDLOOK_DONE);
	cr_expect_null(look);
	request.details = request.dry_run = true;
	cr_expect_eq(wants(needs, 1), SECONDLOOK_DONE);
	cr_expect_null(look);
}

Test(secondlook, required_soft_needs) {
	request.bare = true;
	cr_assert_eq(wants(three_needs, 1), SECONDLOOK_LOAD);
	expect_trial(1, "libb.so");
	cr_expect_eq(secondlook_plan(look)->timeout_ms, TIMEOUT_MS - 1);
	cr_assert_eq(tried(DLTEST_REASON_NONE, NULL, 9), SECONDLOOK_LOAD);
	expect_trial(1, "libc.so");
	cr_expect_eq(secondlook_plan(look)->timeout_ms, TIMEOUT_MS - 10);
	cr_assert_eq(tried(DLTEST_REASON_NONE, NULL, 1), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_null(verdict.error);
	cr_expect_eq(verdict.warnings.count, 0);
	cr_expect(facts_has(&verdict.facts, LOADER_FACT_OBJECT), "of the first load");
	cr_expect_not(facts_has(&verdict.basis, LOADER_FACT_INCOMPLETE));
}

Test(secondlook, missing_soft_needs) {
	request.details = true;
	cr_assert_eq(wants(three_needs, 1), SECONDLOOK_LOAD);
	cr_assert_eq(tried(DLTEST_REASON_MISSING_DEPENDENCY, "libb.so", 1), SECONDLOOK_LOAD);
	cr_assert_eq(tried(DLTEST_REASON_MISSING_DEPENDENCY, "libc.so", 1), SECONDLOOK_LOAD);
	expect_trial(2, "liba.so");
	cr_assert_eq(tried(DLTEST_REASON_CRASHED, NULL, 1), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	cr_expect_str_eq(verdict.error,
		"opens libb.so for y (required), which is not there (1 more library is missing)");
	cr_assert_eq(verdict.missing.count, 2);
	cr_expect_str_eq(verdict.missing.items[1], "libc.so");
	cr_assert_eq(verdict.warnings.count, 2);
	cr_expect_str_eq(verdict.warnings.items[0], "opens libc.so (required), which is not there");
	cr_expect_str_eq(verdict.warnings.items[1],
		"wants liba.so or liba2.so for x (suggested), which crashes");
}

Test(secondlook, no_time_left_for_soft_needs) {
	request.details = true;
	cr_assert_eq(wants(three_needs, 1), SECONDLOOK_LOAD);
	cr_assert_eq(tried(DLTEST_REASON_TIMED_OUT, NULL, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_assert_eq(verdict.warnings.count, 3);
	cr_expect_str_eq(verdict.warnings.items[0],
		"opens libb.so for y (required), which does not finish loading");
	cr_expect_str_eq(
		verdict.warnings.items[1], "opens libc.so (required), which could not be tried");
	cr_expect_str_eq(verdict.warnings.items[2],
		"wants liba.so or liba2.so for x (suggested), which could not be tried");
	cr_expect(facts_has(&verdict.basis, LOADER_FACT_INCOMPLETE), "not to be remembered");
	look = secondlook_free(look);
	cr_assert_eq(wants(three_needs, TIMEOUT_MS), SECONDLOOK_DONE);
	cr_expect_eq(verdict.warnings.count, 3);
}

Test(secondlook, soft_needs_in_company) {
	cr_assert_eq(strv_add(&request.library_path, "/elsewhere"), 0);
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	for (const char *const name[] = {"libb.so", "libc.so"}, *const *at = name; at < name + 2;
		at++) {
		cr_assert_eq(
			at == name ? wants(three_needs, 1) : tried(DLTEST_REASON_NONE, NULL, 1),
			SECONDLOOK_LOAD);
		const struct secondlook_plan *plan = secondlook_plan(look);
		cr_expect_str_eq(plan->preload->items[0], *at);
		cr_expect_str_eq(plan->library_path->items[0], package);
		cr_expect_str_eq(
			plan->library_path->items[plan->library_path->count - 1], "/elsewhere");
	}
	cr_assert_eq(tried(DLTEST_REASON_NONE, NULL, 1), SECONDLOOK_DONE);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(verdict.missing.count, 0);
	cr_expect_gt(verdict.context.count, 0);
	strv_fini(&request.library_path);
}

Test(secondlook, soft_needs_given_up_half_way) {
	request.details = true;
	cr_assert_eq(wants(three_needs, 1), SECONDLOOK_LOAD);
}

Test(secondlook, given_up_half_way) {
	cr_assert_eq(loaded(DLTEST_REASON_MISSING_DEPENDENCY, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced("\tliby.so => not found\n", 1), SECONDLOOK_LOAD);
	/* secondlook_free() has all there is to free; the sanitizers look. */
}
