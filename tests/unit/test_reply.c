/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"
#include "sandbox.h"
#include "verdict.h"

static struct sandbox sandbox;

static char *results_of(const struct verdict *verdict, bool details) {
	struct reply_result result = {"/a\"b", verdict};
	char *text = reply_results(&result, 1, details ? &sandbox : NULL, false);

	cr_assert_not_null(text);
	return text;
}

Test(reply, a_library_that_loaded) {
	struct verdict verdict = {0};
	char *text = results_of(&verdict, false);

	cr_expect_str_eq(
		text, "{\"parameters\":{\"results\":[{\"path\":\"/a\\\"b\",\"ok\":true}]}}");
	free(text);
}

Test(reply, one_that_crashed) {
	char error[] = "crashed";
	struct verdict verdict = {.reason = DLTEST_REASON_CRASHED,
		.error = error,
		.signal = SIGSEGV,
		.phase = "open"};
	char *text = results_of(&verdict, false);

	cr_expect_str_eq(text,
		"{\"parameters\":{\"results\":[{\"path\":\"/a\\\"b\",\"ok\":false,"
		"\"error\":\"crashed\",\"reason\":\"crashed\",\"signal\":\"SIGSEGV\","
		"\"phase\":\"open\"}]}}");
	free(text);
}

Test(reply, the_name_of_a_directory_is_no_text) {
	char dir[] = "/libs/\xff-1.0/lib", *dirs[] = {dir};
	struct verdict verdict = {.context = {.items = dirs, .count = 1}};
	char *text = results_of(&verdict, false);

	cr_expect_not_null(strstr(text, "\"context\":[\"/libs/\xef\xbf\xbd-1.0/lib\"]"));
	free(text);
}

Test(reply, details) {
	struct verdict verdict = {.duration_us = 5};

	sandbox = (struct sandbox){.landlock_error = 38};
	char *text = results_of(&verdict, true);
	cr_expect_not_null(strstr(text, "\"duration_us\":5,\"cached\":false,\"objects\":[]"));
	cr_expect_not_null(strstr(text, "\"landlock\":0"));
	cr_expect_not_null(strstr(text, "\"lacks\":[{\"what\":\"denials\""));
	cr_expect_null(strstr(text, "\"denied\""), "nothing is known of refusals");
	free(text);
	sandbox = (struct sandbox){.notify = true, .landlock = {.abi = 7}};
	text = results_of(&verdict, true);
	cr_expect_not_null(strstr(text, "\"denied\":[]"));
	cr_expect_null(strstr(text, "lacks"));
	free(text);
}

Test(reply, an_exit_status_of_zero_is_one) {
	char error[] = "e";
	struct verdict verdict = {
		.reason = DLTEST_REASON_EXITED, .error = error, .exited = true, .phase = "close"};
	char *text = results_of(&verdict, false);

	cr_expect_not_null(strstr(text, "\"exit_status\":0,\"phase\":\"close\""));
	free(text);
}

/* All that can be long. */
Test(reply, the_size_is_known_before) {
	static char odd[] = "a\"\\\x01\n\x7f\xc3\xa4 b", bytes[] = "/o\xff\"";
	static char *list[] = {odd, odd, odd};
	const struct strv strv = {list, 3};
	struct verdict verdict = {.reason = DLTEST_REASON_CRASHED,
		.error = odd,
		.missing = strv,
		.symbols = strv,
		.loads_with = strv,
		.warnings = strv,
		.denied = strv,
		.output = odd};
	const struct reply_result result = {"/a\"b", &verdict};

	sandbox = (struct sandbox){.notify = true, .landlock = {.abi = 7}};
	for (int i = 0; i < 1000; i++) {
		cr_assert_eq(needs_append(&verdict.needs, odd, i % 2 ? odd : NULL, odd, NULL), 0);
		cr_assert_eq(needs_append(&verdict.needs, "v", NULL, NULL, odd), 0);
		cr_assert_eq(facts_put(&verdict.facts, LOADER_FACT_OBJECT, bytes), 0);
	}
	cr_assert_eq(strv_add(&verdict.needs.items[0].available, odd), 0);
	for (int details = 0; details < 2; details++) {
		char *text = results_of(&verdict, details);
		size_t size = reply_result_size(&result, details);

		cr_expect_leq(size, strlen(text));
		cr_expect_geq(size + REPLY_REST, strlen(text));
		free(text);
	}
	needs_fini(&verdict.needs);
	facts_fini(&verdict.facts);
}

Test(reply, one_result_fits_in_any_case) {
	struct verdict verdict;
	const struct reply_result result = {"/a", &verdict};
	char name[1000];
	size_t size;

	cr_assert_eq(verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "no f", &verdict), 0);
	for (int i = 0; i < 1000; i++) {
		memset(name, '\1', sizeof(name));
		snprintf(name + 900, 100, "%d", i);
		cr_assert_eq(strv_add(&verdict.symbols, name), 0);
		cr_assert_eq(needs_append(&verdict.needs, name, NULL, "/a", NULL), 0);
	}
	cr_assert_eq(reply_fit(&verdict, &result, false, 100000000, &size), 0);
	cr_expect_str_eq(verdict.error, "no f");
	cr_expect_gt(size, 10000000);
	cr_assert_eq(reply_fit(&verdict, &result, false, 1000000, &size), 0);
	cr_expect_str_eq(
		verdict.error, "no f (too much for one reply: at least 937 more are not listed)");
	cr_expect_eq(verdict.symbols.count, 63);
	cr_expect_eq(verdict.needs.count, 62);
	cr_expect_leq(size, 1000000);
	char *text = reply_results(&result, 1, NULL, false);
	cr_assert_not_null(text);
	cr_expect_leq(strlen(text), 1000000 + REPLY_REST);
	free(text);
	verdict_fini(&verdict);
}

Test(reply, status_and_info) {
	struct reply_status status = {
		.version = "1", .pid = 2, .done = 3000000000, .sandbox = &sandbox};
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
