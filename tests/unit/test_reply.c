/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holding.h"
#include "host.h"
#include "reply.h"
#include "verdict.h"

static struct holding holding;

static char *result_of(const struct verdict *verdict) {
	struct verdict copy = *verdict;
	char *text = reply_result("/a\"b", &copy, NULL, SIZE_MAX);

	cr_assert_not_null(text);
	return text;
}

static char *details_of(const struct verdict *verdict) {
	struct verdict copy = *verdict;
	char *text = reply_result("/a\"b", &copy, &holding, SIZE_MAX);

	cr_assert_not_null(text);
	return text;
}

Test(reply, a_library_that_loaded) {
	struct verdict verdict = {0};
	char *text = result_of(&verdict);

	cr_expect_str_eq(text, "{\"path\":\"/a\\\"b\",\"ok\":true}");
	free(text);
}

Test(reply, one_that_crashed) {
	char error[] = "crashed";
	struct verdict verdict = {.reason = DLTEST_REASON_CRASHED,
		.error = error,
		.signal = SIGSEGV,
		.phase = "open"};
	char *text = result_of(&verdict);

	cr_expect_str_eq(text,
		"{\"path\":\"/a\\\"b\",\"ok\":false,"
		"\"error\":\"crashed\",\"reason\":\"crashed\",\"signal\":\"SIGSEGV\","
		"\"phase\":\"open\"}");
	free(text);
}

Test(reply, the_name_of_a_directory_is_no_text) {
	char dir[] = "/libs/\xff-1.0/lib", *dirs[] = {dir};
	struct verdict verdict = {.context = {.items = dirs, .count = 1}};
	char *text = result_of(&verdict);

	cr_expect_not_null(strstr(text, "\"context\":[\"/libs/\xef\xbf\xbd-1.0/lib\"]"));
	free(text);
}

Test(reply, details) {
	struct verdict verdict = {.duration_us = 5};

	holding = (struct holding){
		.filter = true, .lacks = {{"denials", "why", "remedy"}}, .lacks_count = 1};
	char *text = details_of(&verdict);
	cr_expect_not_null(strstr(text, "\"duration_us\":5,\"cached\":false,\"objects\":[]"));
	cr_expect_not_null(strstr(text,
		"\"sandbox\":{\"seccomp\":true,\"landlock\":0,\"denials\":false,\"lacks\":[{"
		"\"what\":\"denials\",\"why\":\"why\",\"remedy\":\"remedy\"}]}"));
	cr_expect_null(strstr(text, "\"denied\""), "nothing is known of refusals");
	free(text);
	holding = (struct holding){.denials = true, .landlock = 7};
	text = details_of(&verdict);
	cr_expect_not_null(strstr(text, "\"denied\":[]"));
	cr_expect_null(strstr(text, "lacks"));
	free(text);
}

Test(reply, an_exit_status_of_zero_is_one) {
	char error[] = "e";
	struct verdict verdict = {
		.reason = DLTEST_REASON_EXITED, .error = error, .exited = true, .phase = "close"};
	char *text = result_of(&verdict);

	cr_expect_not_null(strstr(text, "\"exit_status\":0,\"phase\":\"close\""));
	free(text);
}

Test(reply, who_needs_it_is_told_once) {
	struct verdict verdict;

	cr_assert_eq(verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "no f", &verdict), 0);
	needs_append(&verdict.needs, "a", NULL, NULL, NULL);
	needs_append(&verdict.needs, "b", "V", "/x", "/p");
	needs_append(&verdict.needs, "c", "V", "/x", "/p");
	needs_append(&verdict.needs, "d", NULL, "/y", NULL);
	needs_append(&verdict.needs, "e", NULL, NULL, NULL);
	needs_append(&verdict.needs, "f", NULL, NULL, NULL);
	needs_append(&verdict.needs, "g", NULL, "/y", NULL);
	char *text = result_of(&verdict);
	cr_expect_not_null(strstr(text, "\"needs\":[{\"name\":\"a\"},"
					"{\"name\":\"b\",\"version\":\"V\",\"needed_by\":\"/x\","
					"\"provider\":\"/p\"},"
					"{\"name\":\"c\",\"version\":\"V\",\"provider\":\"/p\"},"
					"{\"name\":\"d\",\"needed_by\":\"/y\"},"
					"{\"name\":\"e\",\"needed_by\":\"\"},{\"name\":\"f\"},"
					"{\"name\":\"g\",\"needed_by\":\"/y\"}]"),
		"%s", text);
	free(text);
	verdict_fini(&verdict);
}

/* What is not printed is not counted either. */
Test(reply, a_long_path_cuts_nothing) {
	struct verdict verdict;
	char object[1000], name[32];

	snprintf(object, sizeof(object), "/%0900d", 1);
	cr_assert_eq(verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "no f", &verdict), 0);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		cr_assert_eq(needs_append(&verdict.needs, name, NULL, object, NULL), 0);
	}
	char *text = reply_result("/a", &verdict, NULL, 10000);
	cr_expect_eq(verdict.needs.count, 100);
	cr_expect_leq(strlen(text), 10000);
	free(text);
	verdict_fini(&verdict);
}

Test(reply, names_that_are_too_many_are_cut) {
	struct verdict verdict;
	char name[1000];

	cr_assert_eq(verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "no f", &verdict), 0);
	for (int i = 0; i < 1000; i++) {
		memset(name, '\1', sizeof(name));
		snprintf(name + 900, 100, "%d", i);
		cr_assert_eq(strv_add(&verdict.symbols, name), 0);
		cr_assert_eq(needs_append(&verdict.needs, name, NULL, "/a", NULL), 0);
	}
	char *text = reply_result("/a", &verdict, NULL, 100000000);
	cr_expect_str_eq(verdict.error, "no f");
	cr_expect_gt(strlen(text), 10000000);
	free(text);
	text = reply_result("/a", &verdict, NULL, 1000000);
	cr_expect_str_eq(
		verdict.error, "no f (too much for one reply: at least 937 more are not listed)");
	cr_expect_eq(verdict.symbols.count, 63);
	cr_expect_eq(verdict.needs.count, 62);
	cr_expect_leq(strlen(text), 1000000 + REPLY_REST);
	cr_expect_not_null(strstr(text, "937 more"));
	free(text);
	verdict_fini(&verdict);
}

Test(reply, that_one_name_is_needed_too_often_is_told) {
	struct verdict verdict;
	char object[1000];

	cr_assert_eq(verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "no f", &verdict), 0);
	cr_assert_eq(strv_add(&verdict.symbols, "f"), 0);
	for (int i = 0; i < 100; i++) {
		snprintf(object, sizeof(object), "/%0900d", i);
		cr_assert_eq(needs_append(&verdict.needs, "f", NULL, object, NULL), 0);
	}
	char *text = reply_result("/a", &verdict, NULL, 50000);
	cr_expect_eq(verdict.needs.count, 50);
	cr_expect_not_null(strstr(text, "too much for one reply"));
	free(text);
	verdict_fini(&verdict);
}

Test(reply, what_cannot_be_cut_stays) {
	char error[] = "an error of more than ten bytes";
	struct verdict verdict = {.reason = DLTEST_REASON_LOAD_ERROR, .error = error};
	char *text = reply_result("/a", &verdict, NULL, 10);

	cr_expect_not_null(strstr(text, error));
	free(text);
}

Test(reply, joins_results) {
	static const char *const results[] = {"{\"path\":\"/a\"}", "{\"path\":\"/b\"}"};
	char *text = reply_results(results, 2, REPLY_CONTINUES);

	cr_expect_str_eq(text,
		"{\"parameters\":{\"results\":[{\"path\":\"/a\"},{\"path\":\"/b\"}]},"
		"\"continues\":true}");
	free(text);
	text = reply_results(results, 1, REPLY_LAST);
	cr_expect_str_eq(text, "{\"parameters\":{\"results\":[{\"path\":\"/a\"}]}}");
	free(text);
	text = reply_results(NULL, 0, REPLY_LAST);
	cr_expect_str_eq(text, "{\"parameters\":{\"results\":[]}}");
	free(text);
}

Test(reply, status_and_info) {
	struct reply_status status = {
		.version = "1", .pid = 2, .done = 3000000000, .holding = &holding};
	char *text = reply_status(&status);

	cr_expect_not_null(strstr(text, "\"done\":3000000000"));
	cr_expect_null(strstr(text, "\"socket\""));
	free(text);
	text = reply_info("9.9");
	cr_expect_not_null(strstr(text, "\"version\":\"9.9\""));
	free(text);
	text = reply_description("a\nb");
	cr_expect_str_eq(text, "{\"parameters\":{\"description\":\"a\\nb\"}}");
	free(text);
}

Test(reply, a_host) {
	char name[] = "Apache", program[] = "/sbin/x", called[] = "f", after[] = "/a.so",
	     *afters[] = {after};
	struct host host = {.name = name,
		.program = program,
		.symbols = 3,
		.called = called,
		.then = "exited",
		.after = {.items = afters, .count = 1}};
	struct verdict verdict = {.host = &host};
	char *text = result_of(&verdict);

	cr_expect_str_eq(text, "{\"path\":\"/a\\\"b\",\"ok\":true,\"host\":{\"name\":\"Apache\","
			       "\"program\":\"/sbin/x\",\"symbols\":3,\"after\":[\"/a.so\"],"
			       "\"called\":\"f\",\"then\":\"exited\"}}");
	free(text);
}

Test(reply, a_host_that_is_not_here) {
	char name[] = "Apache", error[] = "is a plugin", one[] = "ap_one", *names[] = {one};
	struct host host = {.name = name, .unchecked = {.items = names, .count = 1}};
	struct verdict verdict = {
		.reason = DLTEST_REASON_NEEDS_HOST, .error = error, .host = &host};
	char *text = result_of(&verdict);

	cr_expect_str_eq(text, "{\"path\":\"/a\\\"b\",\"ok\":false,\"error\":\"is a "
			       "plugin\",\"reason\":\"needs_host\","
			       "\"host\":{\"name\":\"Apache\",\"unchecked\":[\"ap_one\"]}}");
	free(text);
}
