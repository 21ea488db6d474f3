/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>

#include "judging.h"

TestSuite(judgement, .fini = judging_tear_down);

Test(judgement, a_load_with_facts_and_a_warning) {
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, "o/a\0wtrouble\0o/b", 17);
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_null(verdict.error);
	const char *object = facts_next(&verdict.facts, DLTEST_FACT_OBJECT, NULL);
	cr_expect_str_eq(object, "/a");
	object = facts_next(&verdict.facts, DLTEST_FACT_OBJECT, object);
	cr_expect_str_eq(object, "/b");
	cr_expect_null(facts_next(&verdict.facts, DLTEST_FACT_OBJECT, object));
	cr_expect_eq(verdict.warnings.count, 1);
	cr_expect_str_eq(verdict.warnings.items[0], "trouble");
	cr_expect_eq(verdict.duration_us, 5000);
}

Test(judgement, the_linkers_refusal_is_one_line_of_utf8) {
	put(LOADER_STAGE_OPENED, DLTEST_REASON_LOAD_ERROR,
		"/x.so: undefined symbol: f\nsecond line \xff", NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_null(strchr(verdict.error, '\n'));
	cr_expect_not_null(strstr(verdict.error, "\xef\xbf\xbd"));
}

Test(judgement, a_check_alone_is_a_verdict) {
	put(LOADER_STAGE_CHECKED, DLTEST_REASON_NOT_FOUND, "/x: none", NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_NOT_FOUND);
	begin_child();
	put(LOADER_STAGE_CHECKED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
}

Test(judgement, a_report_is_not_believed_alone) {
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, NULL, 0);
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(SIGSEGV);
	cr_expect_eq(verdict.reason, DLTEST_REASON_CRASHED);
	cr_expect_str_eq(verdict.phase, "close");
	begin_child();
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(EXITED(0));
	cr_expect_eq(verdict.reason, DLTEST_REASON_EXITED);
}

Test(judgement, an_exit_status_is_not_believed_alone) {
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_EXITED);
	cr_expect(verdict.exited);
	cr_expect_eq(verdict.exit_status, LOADER_EXIT_REPORTED);
	begin_child();
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_EXITED);
	cr_expect_str_eq(verdict.phase, "close");
}

Test(judgement, a_kill_is_told_from_a_crash) {
	judge(SIGABRT);
	cr_expect_eq(verdict.signal, SIGABRT);
	cr_expect_str_eq(verdict.phase, "open");
	cr_expect_eq(verdict.duration_us, 77);
	begin_child();
	judge_after(JUDGEMENT_CAUSE_DEADLINE, SIGKILL);
	cr_expect_eq(verdict.reason, DLTEST_REASON_TIMED_OUT);
	cr_expect_not_null(strstr(verdict.error, "1.5 s"));
	begin_child();
	judge(SIGKILL);
	cr_expect_eq(verdict.reason, DLTEST_REASON_OUT_OF_MEMORY);
	begin_child();
	judge_after(JUDGEMENT_CAUSE_DEADLINE, SIGSEGV);
	cr_expect_eq(verdict.reason, DLTEST_REASON_CRASHED, "it crashed before it was killed");
}

Test(judgement, limits_are_named) {
	begin_child();
	judge_after(JUDGEMENT_CAUSE_MEMORY, SIGKILL);
	cr_expect_eq(verdict.reason, DLTEST_REASON_OUT_OF_MEMORY);
	cr_expect_str_eq(verdict.error,
		"needs more than 2 GiB, the limit of a load, while it is being loaded");
	begin_child();
	judge_after(JUDGEMENT_CAUSE_THREADS, SIGKILL);
	cr_expect_eq(verdict.reason, DLTEST_REASON_CRASHED);
	cr_expect_eq(verdict.signal, SIGKILL);
	cr_expect_not_null(strstr(verdict.error, "more than 1024 threads"));
}

Test(judgement, a_report_in_the_last_moment_counts) {
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, NULL, 0);
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge_after(JUDGEMENT_CAUSE_DEADLINE, EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
}

Test(judgement, the_loaders_own_faults_are_no_verdict) {
	static const int statuses[] = {
		LOADER_EXIT_NO_JOB, LOADER_EXIT_CONFINE, LOADER_EXIT_PROTOCOL};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct judgement_evidence evidence = {
			.wait_status = EXITED(statuses[i]), .died_before_job = true};

		cr_assert_eq(judgement_make(&evidence, &verdict), 0);
		cr_expect_eq(verdict.reason, DLTEST_REASON_NO_VERDICT);
		begin_child();
	}
}

Test(judgement, an_exit_after_the_job_was_read_is_the_librarys) {
	for (int status = 64; status <= 70; status++) {
		judge(EXITED(status));
		cr_expect_eq(verdict.reason, DLTEST_REASON_EXITED, "%d", status);
		cr_expect_eq(verdict.exit_status, status);
		cr_expect_str_eq(verdict.phase, "open");
		begin_child();
		put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, NULL, 0);
		judge(EXITED(status));
		cr_expect_eq(verdict.reason, DLTEST_REASON_EXITED, "%d", status);
		cr_expect_eq(verdict.exit_status, status);
		cr_expect_str_eq(verdict.phase, "close");
		begin_child();
	}
	judge(EXITED(LOADER_EXIT_NO_CHANNEL));
	cr_expect_not_null(strstr(verdict.error, "closed the descriptor"));
}

Test(judgement, a_preload_is_blamed_by_name) {
	cr_assert(strv_add(&preload, "/a.so") == 0 && strv_add(&preload, "/b.so") == 0);
	put_about(1);
	put_about(2);
	judge(SIGSEGV);
	cr_expect_eq(verdict.reason, DLTEST_REASON_CRASHED);
	cr_expect_str_eq(verdict.error,
		"/b.so (given with --with): crashed with SIGSEGV while it was being loaded");
	cr_expect_str_eq(verdict.phase, "open");
	begin_child();
	put_about(1);
	judge_after(JUDGEMENT_CAUSE_DEADLINE, SIGKILL);
	cr_expect_eq(verdict.reason, DLTEST_REASON_TIMED_OUT);
	cr_expect_eq(strncmp(verdict.error, "/a.so (given", 12), 0);
	begin_child();
	put_about(1);
	put_about(0);
	judge(SIGSEGV);
	cr_expect_null(strstr(verdict.error, "--with"), "they are all loaded");
}

/* It is said before its code runs; what is said later makes nobody else's of its own crash. */
Test(judgement, nobody_who_comes_later_blames_a_preload) {
	static const uint32_t told[][4] = {{1, 2, 0, 1}, {1, 2, 0, 2}, {1, 2, 1, 1}, {1, 2, 2, 1}};
	static const char *const blamed[] = {NULL, NULL, "/b.so ", "/b.so "};

	cr_assert(strv_add(&preload, "/a.so") == 0 && strv_add(&preload, "/b.so") == 0);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		for (size_t j = 0; j < 4; j++)
			put_about(told[i][j]);
		judge(SIGSEGV);
		cr_expect_eq(verdict.reason, DLTEST_REASON_CRASHED);
		if (blamed[i])
			cr_expect_eq(strncmp(verdict.error, blamed[i], 6), 0);
		else
			cr_expect_null(strstr(verdict.error, "--with"));
		begin_child();
	}
	put_about(0);
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, NULL, 0);
	put_about(1);
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_EXITED, "nothing after a lie is believed");
	cr_expect_null(strstr(verdict.error, "--with"));
}

Test(judgement, a_preload_that_cannot_be_loaded_is_missing) {
	cr_assert_eq(strv_add(&preload, "/a.so"), 0);
	put_about(1);
	put(LOADER_STAGE_CHECKED, DLTEST_REASON_NOT_FOUND, "/a.so: none", NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	cr_expect_str_eq(verdict.error, "/a.so (given with --with): none");
	cr_expect_eq(verdict.missing.count, 1);
	cr_expect_str_eq(verdict.missing.items[0], "/a.so");
	begin_child();
	put_about(1);
	put(LOADER_STAGE_OPENED, DLTEST_REASON_LOAD_ERROR, "/a.so: undefined symbol: f", NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_str_eq(verdict.error, "/a.so (given with --with): undefined symbol: f");
}

/* What is said of a path or of a file is not said of the library that was asked about. */
Test(judgement, a_preload_is_judged_like_a_dependency) {
	cr_assert_eq(strv_add(&preload, "/a.so"), 0);
	for (int i = DLTEST_REASON_NONE + 1; i < DLTEST_REASON_COUNT_; i++) {
		enum dltest_reason reason = (enum dltest_reason)i;
		enum dltest_reason_class class = dltest_reason_class(reason);
		bool is_missing =
			class == DLTEST_REASON_CLASS_PATH || class == DLTEST_REASON_CLASS_FORM;

		put_about(1);
		put(LOADER_STAGE_CHECKED, reason, "no", NULL, 0);
		judge(EXITED(LOADER_EXIT_REPORTED));
		cr_expect_eq(verdict.reason, is_missing ? DLTEST_REASON_MISSING_DEPENDENCY : reason,
			"%s", dltest_reason_name(reason));
		cr_expect_eq(verdict.missing.count, is_missing);
		begin_child();
	}
}

Test(judgement, preloads_of_the_request_come_after_the_relatives) {
	cr_assert_eq(strv_add(&preload, "/a.so"), 0);
	preload_offset = 7;
	put_about(8);
	judge(SIGSEGV);
	cr_expect_eq(strncmp(verdict.error, "/a.so ", 6), 0);
}

Test(judgement, a_number_of_no_preload_blames_none) {
	static const uint32_t numbers[] = {0, 1, 7, 9, UINT32_MAX};

	cr_assert_eq(strv_add(&preload, "/a.so"), 0);
	preload_offset = 7;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		put_about(numbers[i]);
		judge(SIGSEGV);
		cr_expect_null(strstr(verdict.error, "--with"), "%u", numbers[i]);
		begin_child();
	}
}

Test(judgement, a_load_that_has_only_begun_is_no_success) {
	put_about(0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_EXITED);
}

/* Hostile bytes: no crash, and never a success. */
static void spoil(size_t offset, uint32_t value) {
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, NULL, 0);
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	memcpy(reports + sizeof(struct loader_report) + offset, &value, sizeof(value));
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_neq(verdict.reason, DLTEST_REASON_NONE, "offset %zu, value %x", offset, value);
	begin_child();
}

Test(judgement, a_hostile_report_is_no_success) {
	spoil(offsetof(struct loader_report, magic), 0);
	spoil(offsetof(struct loader_report, stage), 0);
	spoil(offsetof(struct loader_report, stage), 99);
	spoil(offsetof(struct loader_report, stage), LOADER_STAGE_BEGUN);
	spoil(offsetof(struct loader_report, reason), 99);
	spoil(offsetof(struct loader_report, text_size), 1);
	spoil(offsetof(struct loader_report, text_size), UINT32_MAX);
	spoil(offsetof(struct loader_report, facts_size), 1);
	spoil(offsetof(struct loader_report, facts_size), UINT32_MAX);
}

Test(judgement, a_report_cut_anywhere_is_garbage) {
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, "/a", 3);
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	size_t whole = reports_size;
	for (size_t size = 0; size < whole; size++) {
		reports_size = size;
		judge(EXITED(LOADER_EXIT_REPORTED));
		cr_expect_neq(verdict.reason, DLTEST_REASON_NONE, "cut at %zu", size);
		begin_child();
	}
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	reports[reports_size++] = 'x';
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_neq(verdict.reason, DLTEST_REASON_NONE, "one byte too many");
}

Test(judgement, a_fact_without_its_nul_is_left_out) {
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, "o/a\0o/bc", 8);
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	const char *object = facts_next(&verdict.facts, DLTEST_FACT_OBJECT, NULL);
	cr_expect_str_eq(object, "/a");
	cr_expect_null(facts_next(&verdict.facts, DLTEST_FACT_OBJECT, object));
}

/* As many as a report has room for. */
Test(judgement, warnings_are_bounded) {
	static char facts[LOADER_FACTS_MAX];

	for (size_t i = 0; i < sizeof(facts); i += 2)
		facts[i] = DLTEST_FACT_WARNING;
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, facts, sizeof(facts));
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.warnings.count, LOADER_WARNINGS_MAX);
	begin_child();
	/* No UTF-8, so that its repair makes it longer. */
	memset(facts + 1, '\xff', sizeof(facts) - 2);
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, facts, sizeof(facts));
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_assert_eq(verdict.warnings.count, 1);
	cr_expect_lt(strlen(verdict.warnings.items[0]), LOADER_WARNING_MAX);
	cr_expect_gt(strlen(verdict.warnings.items[0]), LOADER_WARNING_MAX - 8);
}

Test(judgement, output_is_cut_between_characters) {
	char printed[5000];
	struct judgement_evidence evidence = {.wait_status = EXITED(1), .output = printed};

	memset(printed, 'x', sizeof(printed));
	memcpy(printed + 4094, "\xf0\x9f\x98\x80", 4);
	evidence.output_size = sizeof(printed);
	cr_assert_eq(judgement_make(&evidence, &verdict), 0);
	cr_expect_eq(strlen(verdict.output), 4094);
}

Test(judgement, refused_system_calls_move_into_the_verdict) {
	struct strv denied = {0};
	struct judgement_evidence evidence = {
		.wait_status = SIGKILL, .cause = JUDGEMENT_CAUSE_FLOOD, .denied = &denied};

	cr_assert_eq(strv_add(&denied, "connect"), 0);
	cr_assert_eq(judgement_make(&evidence, &verdict), 0);
	cr_expect_eq(verdict.reason, DLTEST_REASON_CRASHED);
	cr_expect_eq(verdict.denied.count, 1);
	cr_expect_eq(denied.count, 0);
}

static void put_host(uint32_t about, const char *text) {
	put(LOADER_STAGE_HOST, DLTEST_REASON_NONE, text, NULL, 0);
	const size_t at = reports_size - sizeof(struct loader_report) - (text ? strlen(text) : 0);
	memcpy(reports + at + offsetof(struct loader_report, about), &about, sizeof(about));
}

static void judge_success(void) {
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
}

Test(judgement, what_became_of_a_host) {
	put_host(LOADER_HOST_GIVEN, "38 5");
	put_host(LOADER_HOST_LIBRARIES, NULL);
	put_host(LOADER_HOST_READY, NULL);
	put(LOADER_STAGE_CALLED, DLTEST_REASON_NONE, "ap_\xff_hook", NULL, 0);
	judge_success();
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(verdict.hosttrace.symbols, 38);
	cr_expect_eq(verdict.hosttrace.data, 5);
	cr_expect_str_eq(verdict.hosttrace.called, "ap_\xef\xbf\xbd_hook");
	begin_child();
	put_host(LOADER_HOST_LIBRARIES, NULL);
	judge(SIGSEGV);
	cr_expect(verdict.hosttrace.in_libraries);
}

Test(judgement, nonsense_about_a_host_is_no_success) {
	static const char *const texts[] = {"", "x", "1", "1 2 3", NULL};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_host(texts[i] ? LOADER_HOST_GIVEN : LOADER_HOST_COUNT_, texts[i]);
		judge_success();
		cr_expect_neq(verdict.reason, DLTEST_REASON_NONE, "%zu", i);
		begin_child();
	}
}
