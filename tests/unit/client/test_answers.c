/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/exitcodes.h>
#include <dltest/protocol.h>

#include "answers.h"
#include "jsonscan.h"
#include "jsontext.h"
#include "paths.h"
#include "result.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TOLD_MAX     16
#define NO_VERDICT(path, error) \
	"{\"path\":\"" path "\",\"ok\":false,\"error\":\"" error "\",\"reason\":\"no_verdict\"}"

static struct paths paths;
static struct answers *answers;

/* What a watcher was told. */
static struct {
	size_t indices[TOLD_MAX];
	size_t count;
	bool is_enough; /* it answers that there is no use in more */
} told;

static bool on_answer(void *context, size_t index) {
	cr_assert_eq(context, &told);
	cr_assert_lt(told.count, TOLD_MAX);
	told.indices[told.count++] = index;
	return !told.is_enough;
}

static void ask(enum answers_form form, const char *const *given, size_t count) {
	for (size_t i = 0; i < count; i++)
		cr_assert_eq(paths_add(&paths, given[i]), 0);
	cr_assert_eq(answers_new(&paths, form, &answers), 0);
}

#define ASK(form, ...) \
	ask(form, (const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

static int take(const char *result) {
	struct jsonscan *scan = NULL;

	cr_assert_eq(jsonscan_read(result, strlen(result), &scan), 0, "%s", result);
	int r = answers_take(answers, scan, jsonscan_root(scan));
	jsonscan_free(scan);
	return r;
}

static void expect_printed(size_t index, const char *wanted) {
	cleanup_jsontext struct jsontext text = {0};

	answers_print(answers, index, &text);
	jsontext_put(&text, "", 1);
	cr_assert_not(text.failed);
	cr_expect_str_eq(text.bytes, wanted);
}

static void tear_down(void) {
	answers_free(answers);
	paths_fini(&paths);
}

TestSuite(answers, .fini = tear_down);

Test(answers, watch_tells_at_once_of_what_is_known_already) {
	ASK(ANSWERS_TEXT, "", "/a", "/b\xff", "/c");
	cr_expect_eq(answers_count_known(answers), 2);
	cr_assert_eq(take("{\"path\":\"/c\",\"ok\":true}"), 0);
	answers_watch(answers, on_answer, &told);
	cr_assert_eq(told.count, 3);
	cr_expect_eq(told.indices[0], 0);
	cr_expect_eq(told.indices[1], 2);
	cr_expect_eq(told.indices[2], 3);
}

Test(answers, watch_tells_of_each_answer_once_when_it_comes) {
	ASK(ANSWERS_TEXT, "/a", "/b");
	answers_watch(answers, on_answer, &told);
	cr_expect_eq(told.count, 0);
	cr_expect_eq(take("{\"path\":\"/b\",\"ok\":true}"), 0);
	cr_expect(told.count == 1 && told.indices[0] == 1);
	answers_give_up(answers, 0, "why");
	cr_expect(told.count == 2 && told.indices[1] == 0);
	cr_expect_eq(answers_count_known(answers), 2);
}

Test(answers, take_tells_that_the_watcher_has_enough) {
	ASK(ANSWERS_TEXT, "/a", "/b");
	answers_watch(answers, on_answer, &told);
	told.is_enough = true;
	cr_expect_eq(take("{\"path\":\"/a\",\"ok\":true}"), -ECANCELED);
	cr_expect(answers_is_known(answers, 0));
}

Test(answers, equal_paths_are_answered_in_the_order_of_the_arguments) {
	ASK(ANSWERS_TEXT, "/b", "/a", "/b", "/c", "/b");
	for (int i = 0; i < 3; i++) {
		char result[80];

		snprintf(result, sizeof(result), "{\"path\":\"/b\",\"ok\":true,\"duration_us\":%d}",
			i);
		cr_assert_eq(take(result), 0);
	}
	expect_printed(0, "{\"path\":\"/b\",\"ok\":true,\"duration_us\":0}");
	expect_printed(2, "{\"path\":\"/b\",\"ok\":true,\"duration_us\":1}");
	expect_printed(4, "{\"path\":\"/b\",\"ok\":true,\"duration_us\":2}");
	cr_expect_not(answers_is_known(answers, 1));
	cr_expect_not(answers_is_known(answers, 3));
	cr_expect_eq(take("{\"path\":\"/b\",\"ok\":true}"), -EPROTO);
}

Test(answers, results_that_make_no_sense_are_not_taken) {
	static const char *const results[] = {
		"{\"path\":\"/b\",\"ok\":true}",
		"{\"path\":\"/a\"}",
		"{\"ok\":true}",
		"{\"path\":7,\"ok\":true}",
		"{\"path\":\"/a\\udc00\",\"ok\":true}",
		"{\"path\":\"\",\"ok\":true}",
	};

	ASK(ANSWERS_TEXT, "/a", "");
	for (size_t i = 0; i < COUNT(results); i++)
		cr_expect_eq(take(results[i]), -EPROTO, "%s", results[i]);
	cr_expect_not(answers_is_known(answers, 0));
}

Test(answers, results_are_printed_as_they_came_with_the_path_as_it_was_given) {
	static const struct {
		const char *came;
		const char *printed;
	} samples[] = {
		{"{\"path\":\"/tmp/x\",\"ok\":true,\"n\":[1, 2]}",
			"{\"path\":\"x\",\"ok\":true,\"n\":[1, 2]}"},
		{"{\"ok\":false,\"path\":\"/tmp/x\",\"error\":\"\\u00fc\"}",
			"{\"path\":\"x\",\"ok\":false,\"error\":\"\\u00fc\"}"},
		{"{\"ok\":true,\"path\":\"/tmp/x\"}", "{\"path\":\"x\",\"ok\":true}"},
	};

	cr_assert_eq(chdir("/tmp"), 0);
	ASK(ANSWERS_TEXT, "x", "x", "x");
	cr_expect_str_eq(answers_path(answers, 0), "/tmp/x");
	cr_expect_str_eq(answers_given(answers, 0), "x");
	for (size_t i = 0; i < COUNT(samples); i++) {
		cr_assert_eq(take(samples[i].came), 0);
		expect_printed(i, samples[i].printed);
	}
}

Test(answers, paths_that_cannot_be_sent_are_answered_with_invalid_path) {
	static char longest[DLTEST_PATH_MAX + 1];

	memset(longest, 'x', DLTEST_PATH_MAX);
	longest[0] = '/';
	ASK(ANSWERS_TEXT, "", "/\xff", longest);
	expect_printed(0, "{\"path\":\"\",\"ok\":false,\"error\":\"the path is empty\","
			  "\"reason\":\"invalid_path\"}");
	expect_printed(1, "{\"path\":\"/\xef\xbf\xbd\",\"ok\":false,\"error\":\"the path is not "
			  "valid UTF-8, which is all that can be asked about\","
			  "\"reason\":\"invalid_path\"}");
	cr_expect(answers_is_known(answers, 2));
	cr_expect_eq(answers_count_not_loaded(answers), 3);
	cr_expect_eq(answers_exit_status(answers), DLTEST_EXIT_NOT_LOADED);
}

Test(answers, give_up_answers_without_a_verdict) {
	ASK(ANSWERS_TEXT, "/a");
	answers_give_up(answers, 0, "it \"fell\" silent");
	expect_printed(0, "{\"path\":\"/a\",\"ok\":false,\"error\":\"it \\\"fell\\\" silent\","
			  "\"reason\":\"no_verdict\"}");
	cr_expect_eq(answers_exit_status(answers), DLTEST_EXIT_NO_VERDICT);
}

Test(answers, no_verdict_that_is_doubted_is_no_answer_yet) {
	ASK(ANSWERS_TEXT, "/a", "/b", "/a");
	answers_watch(answers, on_answer, &told);
	answers_doubt(answers);
	cr_assert_eq(take(NO_VERDICT("/a", "first")), 0);
	cr_assert_eq(take(NO_VERDICT("/a", "second")), 0);
	cr_expect_eq(take(NO_VERDICT("/a", "third")), -EPROTO, "both have theirs");
	cr_assert_eq(take("{\"path\":\"/b\",\"ok\":true}"), 0);
	cr_expect_eq(told.count, 1);
	cr_expect_eq(answers_count_known(answers), 1);
	cr_expect_eq(answers_count_open(answers), 0);
	cr_expect_not(answers_is_known(answers, 0) || answers_is_open(answers, 0));
	answers_believe(answers);
	cr_expect(answers_is_open(answers, 0) && answers_is_open(answers, 2));
	cr_expect_eq(answers_count_open(answers), 2);
	cr_assert_eq(take("{\"path\":\"/a\",\"ok\":true}"), 0);
	expect_printed(0, "{\"path\":\"/a\",\"ok\":true}");
	cr_expect_eq(take(NO_VERDICT("/a", "last")), 0, "it is believed now");
	expect_printed(2, "{\"path\":\"/a\",\"ok\":false,\"error\":\"last\","
			  "\"reason\":\"no_verdict\"}");
	cr_expect_eq(told.count, 3);
	cr_expect_eq(answers_count_known(answers), 3);
	cr_expect_eq(answers_count_not_loaded(answers), 1);
	cr_expect_eq(answers_exit_status(answers), DLTEST_EXIT_NO_VERDICT);
}

Test(answers, first_error_stays_where_there_is_no_other_opinion) {
	ASK(ANSWERS_TEXT, "/a", "/b", "/c");
	answers_doubt(answers);
	cr_assert_eq(take(NO_VERDICT("/a", "first")), 0);
	cr_assert_eq(take(NO_VERDICT("/c", "of c")), 0);
	answers_give_up(answers, 2, "without asking again");
	answers_believe(answers);
	answers_give_up(answers, 0, "no daemon");
	answers_give_up(answers, 1, "no daemon");
	expect_printed(0, "{\"path\":\"/a\",\"ok\":false,\"error\":\"first\","
			  "\"reason\":\"no_verdict\"}");
	expect_printed(1, "{\"path\":\"/b\",\"ok\":false,\"error\":\"no daemon\","
			  "\"reason\":\"no_verdict\"}");
	expect_printed(2, "{\"path\":\"/c\",\"ok\":false,\"error\":\"of c\","
			  "\"reason\":\"no_verdict\"}");
	cr_expect_eq(answers_count_open(answers), 0);
	cr_expect_eq(answers_count_known(answers), 3);
}

Test(answers, doubted_results_are_replaced_by_better_ones) {
	ASK(ANSWERS_RESULTS, "/a", "/b");
	answers_doubt(answers);
	cr_assert_eq(take(NO_VERDICT("/a", "first")), 0);
	cr_assert_eq(take(NO_VERDICT("/b", "of b")), 0);
	answers_believe(answers);
	cr_assert_eq(take("{\"path\":\"/a\",\"ok\":true}"), 0);
	answers_give_up(answers, 1, "no daemon");
	cr_expect(answers_result(answers, 0)->ok);
	cr_expect_str_eq(answers_result(answers, 1)->error, "of b");
	cr_expect_eq(answers_result(answers, 1)->reason, DLTEST_REASON_NO_VERDICT);
}

Test(answers, exit_status_is_that_of_the_worst_answer) {
	ASK(ANSWERS_TEXT, "/a", "/b", "/c");
	cr_expect_eq(take("{\"path\":\"/a\",\"ok\":true}"), 0);
	cr_expect_eq(answers_exit_status(answers), DLTEST_EXIT_OK);
	cr_expect_eq(take("{\"path\":\"/b\",\"ok\":false,\"reason\":\"no_verdict\"}"), 0);
	cr_expect_eq(answers_exit_status(answers), DLTEST_EXIT_NO_VERDICT);
	cr_expect_eq(take("{\"path\":\"/c\",\"ok\":false,\"reason\":\"crashed\"}"), 0);
	cr_expect_eq(answers_exit_status(answers), DLTEST_EXIT_NO_VERDICT);
	cr_expect_eq(answers_count_not_loaded(answers), 2);
}

static void ask_of_kind(enum answers_form form, const char *path, enum path_kind kind) {
	cr_assert_eq(paths_take(&paths, strdup(path), kind), 0);
	cr_assert_eq(answers_new(&paths, form, &answers), 0);
}

static void forget_all(void) {
	answers = answers_free(answers);
	paths_fini(&paths);
}

Test(answers, what_is_not_meant_for_this_machine_is_skipped_in_a_tree_alone) {
	static const struct {
		const char *path, *members;
		bool is_skipped, is_skipped_beside;
	} samples[] = {
		{"/a", "\"reason\":\"wrong_platform\",\"platform\":\"musl\"", true, true},
		{"/a", "\"reason\":\"wrong_architecture\",\"platform\":\"arm\"", true, true},
		{"/a", "\"reason\":\"wrong_architecture\"", true, true},
		{"/a", "\"reason\":\"wrong_architecture\",\"platform\":\"x86-64-v4\"", false,
			false},
		{"/glibc-hwcaps/x86-64-v4/a",
			"\"platform\":\"x86-64-v4\",\"reason\":\"wrong_architecture\"", true, true},
		{"/a", "\"reason\":\"not_a_library\"", false, true},
		{"/a", "\"reason\":\"truncated\"", false, false},
		{"/a", "\"reason\":\"crashed\",\"platform\":\"musl\"", false, false},
		{"/a", "\"reason\":7", false, false},
		{"/a", "\"n\":0", false, false},
	};

	for (size_t i = 0; i < COUNT(samples); i++) {
		for (enum path_kind kind = PATH_NAMED; kind <= PATH_BESIDE; kind++) {
			char result[200];
			bool is_skipped = kind == PATH_FOUND ? samples[i].is_skipped
							     : samples[i].is_skipped_beside;

			is_skipped = is_skipped && kind != PATH_NAMED;
			snprintf(result, sizeof(result), "{\"path\":\"%s\",\"ok\":false,%s}",
				samples[i].path, samples[i].members);
			ask_of_kind(ANSWERS_RESULTS, samples[i].path, kind);
			cr_assert_eq(take(result), 0);
			cr_expect_eq(answers_result(answers, 0)->skipped, is_skipped, "%s", result);
			cr_expect_eq(answers_count_not_loaded(answers), !is_skipped);
			cr_expect_eq(answers_exit_status(answers),
				is_skipped ? DLTEST_EXIT_OK : DLTEST_EXIT_NOT_LOADED);
			forget_all();
		}
	}
}

Test(answers, skipped_results_are_printed_as_such) {
	ask_of_kind(ANSWERS_TEXT, "/a", PATH_FOUND);
	cr_assert_eq(take("{\"ok\":false,\"reason\":\"wrong_platform\",\"path\":\"/a\"}"), 0);
	expect_printed(0, "{\"path\":\"/a\",\"ok\":false,\"reason\":\"wrong_platform\","
			  "\"skipped\":true}");
}

Test(answers, forgotten_answer_stays_known) {
	ASK(ANSWERS_TEXT, "/a");
	cr_expect_eq(take("{\"path\":\"/a\",\"ok\":true}"), 0);
	answers_forget(answers, 0);
	cr_expect(answers_is_known(answers, 0));
	cr_expect_eq(answers_exit_status(answers), DLTEST_EXIT_OK);
}

Test(answers, results_are_taken_out_of_their_json) {
	ASK(ANSWERS_RESULTS, "/a", "/b", "");
	cr_expect_eq(take("{\"path\":\"/a\",\"ok\":true,\"cached\":true,\"duration_us\":7,"
			  "\"warnings\":[\"one\",\"two\"]}"),
		0);
	cr_expect_eq(
		take("{\"path\":\"/b\",\"ok\":false,\"error\":\"e\",\"reason\":\"missing_version\","
		     "\"needs\":[{\"name\":\"V_2\",\"available\":[\"V_0\",\"V_1\"]}]}"),
		0);
	const struct result *result = answers_result(answers, 0);
	cr_expect(result->ok && result->cached && result->duration_us == 7);
	cr_assert_eq(result->warnings.count, 2);
	cr_expect_str_eq(result->warnings.items[1], "two");
	result = answers_result(answers, 1);
	cr_expect_not(result->ok);
	cr_expect_eq(result->reason, DLTEST_REASON_MISSING_VERSION);
	cr_expect_eq(result->duration_us, -1);
	cr_expect_str_eq(result->error, "e");
	cr_assert_eq(result->needs_count, 1);
	cr_expect_str_eq(result->needs[0].newest, "V_1");
	result = answers_result(answers, 2);
	cr_expect_eq(result->reason, DLTEST_REASON_INVALID_PATH);
	cr_expect_str_eq(result->error, "the path is empty");
	cr_expect_eq(result->duration_us, -1);
}

static void expect_needed_by(const struct result *result, size_t index, const char *object) {
	const char *found = result->needs[index].needed_by;

	cr_expect(object ? found && strcmp(found, object) == 0 : !found, "%zu: %s", index, found);
}

Test(answers, who_needs_it_is_carried_on) {
	ASK(ANSWERS_RESULTS, "/a");
	answers_watch(answers, on_answer, &told);
	cr_expect_eq(take("{\"path\":\"/"
			  "a\",\"ok\":false,\"error\":\"e\",\"reason\":\"undefined_symbol\","
			  "\"needs\":[{\"name\":\"a\"},{\"name\":\"b\",\"needed_by\":\"/"
			  "x\"},{\"name\":\"c\"},"
			  "{\"needed_by\":\"/"
			  "no_name\"},{\"name\":\"d\"},{\"name\":\"e\",\"needed_by\":\"\"},"
			  "{\"name\":\"f\"},{\"name\":\"g\",\"needed_by\":\"/y\"}]}"),
		0);
	const struct result *result = answers_result(answers, 0);
	cr_assert_eq(result->needs_count, 7);
	expect_needed_by(result, 0, NULL);
	expect_needed_by(result, 1, "/x");
	expect_needed_by(result, 2, "/x");
	expect_needed_by(result, 3, "/x");
	expect_needed_by(result, 4, "");
	expect_needed_by(result, 5, "");
	expect_needed_by(result, 6, "/y");
}

Test(answers, results_count_as_text_does) {
	ASK(ANSWERS_RESULTS, "/a", "/b");
	answers_watch(answers, on_answer, &told);
	cr_expect_eq(take("{\"path\":\"/a\",\"ok\":false,\"reason\":\"crashed\"}"), 0);
	cr_expect_eq(answers_exit_status(answers), DLTEST_EXIT_NOT_LOADED);
	answers_give_up(answers, 1, "why");
	cr_expect_eq(answers_exit_status(answers), DLTEST_EXIT_NO_VERDICT);
	cr_expect_eq(told.count, 2);
	answers_forget(answers, 0);
	answers_forget(answers, 0);
	cr_expect(answers_is_known(answers, 0));
}

static void expect_status(bool allows, const char *result, int status) {
	paths_fini(&paths);
	answers = answers_free(answers);
	ASK(ANSWERS_TEXT, "/a");
	if (allows)
		answers_allow_missing_host(answers);
	cr_assert_eq(take(result), 0);
	cr_expect_eq(answers_exit_status(answers), status);
}

Test(answers, a_missing_host_is_a_failure_unless_it_is_allowed) {
	static const char missing[] =
		"{\"path\":\"/a\",\"ok\":false,\"error\":\"e\",\"reason\":\"needs_host\"}";
	static const char other[] =
		"{\"path\":\"/a\",\"ok\":false,\"error\":\"e\",\"reason\":\"needs_hosts\"}";

	expect_status(false, missing, DLTEST_EXIT_NOT_LOADED);
	expect_status(true, missing, DLTEST_EXIT_OK);
	expect_status(true, other, DLTEST_EXIT_NOT_LOADED);
}
