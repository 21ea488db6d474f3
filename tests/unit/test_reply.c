/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <signal.h>
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
	struct verdict verdict = {.exit_status = -1};
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
		.phase = "open",
		.exit_status = -1};
	char *text = results_of(&verdict, false);

	cr_expect_str_eq(text,
		"{\"parameters\":{\"results\":[{\"path\":\"/a\\\"b\",\"ok\":false,"
		"\"error\":\"crashed\",\"reason\":\"crashed\",\"signal\":\"SIGSEGV\","
		"\"phase\":\"open\"}]}}");
	free(text);
}

Test(reply, the_name_of_a_directory_is_no_text) {
	char dir[] = "/libs/\xff-1.0/lib", *dirs[] = {dir};
	struct verdict verdict = {.exit_status = -1, .context = {.items = dirs, .count = 1}};
	char *text = results_of(&verdict, false);

	cr_expect_not_null(strstr(text, "\"context\":[\"/libs/\xef\xbf\xbd-1.0/lib\"]"));
	free(text);
}

Test(reply, details) {
	struct verdict verdict = {.exit_status = -1, .duration_us = 5};

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
	struct verdict verdict = {.reason = DLTEST_REASON_EXITED, .error = error, .phase = "close"};
	char *text = results_of(&verdict, false);

	cr_expect_not_null(strstr(text, "\"exit_status\":0,\"phase\":\"close\""));
	free(text);
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
