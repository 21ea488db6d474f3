/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "varlink.h"

static int parse(const char *text, struct varlink_message **call) {
	*call = NULL;
	return varlink_message_parse(text, strlen(text), call);
}

Test(varlink, reads_calls) {
	struct varlink_message *call;

	cr_assert_eq(
		parse("{\"method\":\"a.B.C\",\"more\":true,\"parameters\":{\"x\":1}}", &call), 0);
	cr_expect_str_eq(varlink_message_method(call), "a.B.C");
	cr_expect(varlink_message_wants_more(call));
	cr_expect_not(varlink_message_is_oneway(call));
	cr_expect_not_null(varlink_message_parameters(call));
	varlink_message_free(call);
	cr_assert_eq(parse("{\"method\":\"a.B.C\",\"oneway\":true,\"parameters\":null}", &call), 0);
	cr_expect(varlink_message_is_oneway(call));
	cr_expect_null(varlink_message_parameters(call));
	varlink_message_free(call);
	cr_assert_eq(parse("{\"method\":\"a.B.C\",\"upgrade\":true,\"x.y\":[]}", &call), 0);
	cr_expect(varlink_message_wants_upgrade(call));
	varlink_message_free(call);
}

Test(varlink, refuses_what_is_no_call) {
	static const char *const bad[] = {"", "[]", "1", "{}", "{\"method\":1}",
		"{\"Method\":\"x\"}", "{\"method\":\"x\",\"more\":1}",
		"{\"method\":\"x\",\"more\":true,\"oneway\":true}",
		"{\"method\":\"x\",\"parameters\":[]}", "{\"method\":\"x\",\"other\":1}",
		"{\"method\":\"x\",\"method\":\"y\"}", "{\"method\":\"x\"}x", "{\"method\":\"x\""};
	struct varlink_message *call;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_eq(parse(bad[i], &call), VARLINK_E_INVALID, "%s", bad[i]);
		cr_expect_null(call);
	}
}

static void check(char *text, const char *expected) {
	cr_assert_not_null(text);
	cr_expect_str_eq(text, expected);
	free(text);
}

Test(varlink, writes_replies) {
	cJSON *parameters = cJSON_CreateObject();

	cJSON_AddNumberToObject(parameters, "n", 1);
	check(varlink_reply(parameters), "{\"parameters\":{\"n\":1}}");
	check(varlink_reply(NULL), "{}");
	check(varlink_error_text("a.B", NULL, NULL), "{\"error\":\"a.B\"}");
	check(varlink_error_text("a.B", "p", "v\"\n"),
		"{\"error\":\"a.B\",\"parameters\":{\"p\":\"v\\\"\\n\"}}");
}
