/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <dltest/protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parameters.h"
#include "varlink.h"

static struct varlink_message *message;
static struct request request;
static const char *parameter;

static int parse(const char *parameters) {
	static char text[400000];

	varlink_message_free(message);
	message = NULL;
	snprintf(text, sizeof(text), "{\"method\":\"x\",\"parameters\":%s}", parameters);
	cr_assert_eq(varlink_message_parse(text, strlen(text), &message), 0, "%s", text);
	request_fini(&request);
	return parameters_read_verify(message, &request, &parameter);
}

static void tear_down(void) {
	varlink_message_free(message);
	request_fini(&request);
}

TestSuite(parameters, .fini = tear_down);

Test(parameters, has_defaults) {
	cr_assert_eq(parse("{\"paths\":[\"/a\",\"b\",\"\"]}"), 0);
	cr_expect_eq(request.paths.count, 3, "odd paths get their own answers");
	cr_expect_eq(request.timeout_ms, DLTEST_TIMEOUT_MS);
	cr_expect_eq(request.within_ms, 0);
	cr_expect_not(request.lazy || request.dry_run || request.fresh || request.bare ||
		      request.details);
}

Test(parameters, takes_everything) {
	cr_assert_eq(parse("{\"paths\":[],\"library_path\":[\"/l\"],\"roots\":[\"/r\",\"/s\"],"
			   "\"preload\":[\"/"
			   "p\"],\"timeout_ms\":600000,\"within_ms\":86400000,\"lazy\":true,"
			   "\"dry_run\":true,\"fresh\":true,\"bare\":true,\"details\":true,"
			   "\"homes\":[\"/h\"]}"),
		0);
	cr_expect_str_eq(request.homes.items[0], "/h");
	cr_expect_str_eq(request.library_path.items[0], "/l");
	cr_expect_str_eq(request.roots.items[1], "/s");
	cr_expect_str_eq(request.preload.items[0], "/p");
	cr_expect_eq(request.timeout_ms, 600000);
	cr_expect_eq(request.within_ms, 86400000);
	cr_expect(request.lazy && request.dry_run && request.fresh && request.bare &&
		  request.details);
}

/* Flags that leave the verdict of a library what it is: request.c says why. */
static bool leaves_the_verdict(const char *flag) {
	return strcmp(flag, "dry_run") == 0 || strcmp(flag, "fresh") == 0 ||
	       strcmp(flag, "details") == 0;
}

/* Whoever asks with the flag must not be told what others are, from memory or from their load. */
static void expect_other_question(const char *flag) {
	struct request plain = {0};
	char text[120], digits[2][16];
	FILE *streams[] = {fmemopen(digits[0], 16, "w"), fmemopen(digits[1], 16, "w")};

	snprintf(text, sizeof(text), "{\"paths\":[],\"%s\":true}", flag);
	cr_assert_eq(parse(text), 0, "%s is in the interface file, and not known", flag);
	request_put_flags(&plain, streams[0]);
	request_put_flags(&request, streams[1]);
	fclose(streams[0]);
	fclose(streams[1]);
	bool same = leaves_the_verdict(flag);
	cr_expect_eq(request_asks_same(&plain, &request), same, "%s", flag);
	cr_expect_eq(strcmp(digits[0], digits[1]) == 0, same, "%s", flag);
}

Test(parameters, flag_of_the_interface_file_makes_another_question) {
	char path[4096], line[256], flag[64];
	bool inside = false;
	int count = 0;

	snprintf(path, sizeof(path), "%s/include/dltest/dev.tsuku.DlTest.varlink",
		getenv("DLTEST_SOURCE_DIR"));
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "method Verify(", 14) == 0) {
			inside = true;
		} else if (inside && line[0] == ')') {
			break;
		} else if (inside && sscanf(line, " %63[a-z_]: ?bool", flag) == 1 &&
			   strstr(line, ": ?bool")) {
			expect_other_question(flag);
			count++;
		}
	}
	fclose(file);
	cr_expect_geq(count, 5);
}

/* What a client has no time for says nothing about a library: neither its verdict that is
 * remembered nor a load at work is another one. */
Test(parameters, time_for_answers_makes_no_other_question) {
	struct request plain = {0};
	char digits[2][16] = {{0}};
	FILE *streams[] = {fmemopen(digits[0], 16, "w"), fmemopen(digits[1], 16, "w")};

	cr_assert_eq(parse("{\"paths\":[],\"within_ms\":4500}"), 0);
	request_put_flags(&plain, streams[0]);
	request_put_flags(&request, streams[1]);
	fclose(streams[0]);
	fclose(streams[1]);
	cr_expect_str_eq(digits[0], digits[1]);
	cr_expect(request_asks_same(&plain, &request));
}

Test(parameters, names_what_is_wrong) {
	static const struct {
		const char *text, *parameter;
	} cases[] = {
		{"{}", "paths"},
		{"{\"paths\":null}", "paths"},
		{"{\"paths\":{}}", "paths"},
		{"{\"paths\":[\"/a\",null]}", "paths"},
		{"{\"paths\":[\"/a\"],\"paths\":[\"/b\"]}", "paths"},
		{"{\"paths\":[],\"Lazy\":true}", "Lazy"},
		{"{\"paths\":[],\"lazy\":\"true\"}", "lazy"},
		{"{\"paths\":[],\"roots\":[\"relative\"]}", "roots"},
		{"{\"paths\":[],\"homes\":[\"h\"]}", "homes"},
		{"{\"paths\":[],\"homes\":[\"/\",\"/\",\"/\",\"/\",\"/\"]}", "homes"},
		{"{\"paths\":[],\"timeout_ms\":0}", "timeout_ms"},
		{"{\"paths\":[],\"timeout_ms\":2.5}", "timeout_ms"},
		{"{\"paths\":[],\"timeout_ms\":1e400}", "timeout_ms"},
		{"{\"paths\":[],\"timeout_ms\":-1e400}", "timeout_ms"},
		{"{\"paths\":[],\"within_ms\":0}", "within_ms"},
		{"{\"paths\":[],\"within_ms\":86400001}", "within_ms"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(parse(cases[i].text), PARAMETERS_E_INVALID, "%s", cases[i].text);
		cr_expect_str_eq(parameter, cases[i].parameter);
	}
}

Test(parameters, bounds_lists) {
	static char text[100000];
	char *at = text + sprintf(text, "{\"paths\":[");

	for (int i = 0; i < DLTEST_PATHS_MAX; i++)
		at += sprintf(at, "%s\"/a\"", i ? "," : "");
	strcpy(at, "]}");
	cr_expect_eq(parse(text), 0);
	cr_expect_eq(request.paths.count, DLTEST_PATHS_MAX);
	strcpy(at, ",\"/a\"]}");
	cr_expect_eq(parse(text), PARAMETERS_E_INVALID);
}

/* They have to fit into one write to a load child. */
Test(parameters, bounds_what_preloads_take) {
	static char text[300000];

	for (int count = 15; count <= 64; count++) {
		char *at = text + sprintf(text, "{\"paths\":[],\"preload\":[");

		for (int i = 0; i < count; i++)
			at += sprintf(at, "%s\"/%04094d\"", i ? "," : "", i);
		strcpy(at, "]}");
		cr_expect_eq(parse(text), count <= 16 ? 0 : PARAMETERS_E_INVALID, "%d", count);
		cr_expect(count <= 16 || strcmp(parameter, "preload") == 0);
	}
}

Test(parameters, null_is_absent) {
	cr_expect_eq(parse("{\"paths\":[],\"lazy\":null,\"roots\":null,\"timeout_ms\":null}"), 0);
}

Test(parameters, other_methods) {
	const char *interface;

	cr_assert_eq(parse("{\"paths\":[]}"), 0);
	cr_expect_eq(parameters_read_none(message, &parameter), PARAMETERS_E_INVALID);
	cr_expect_str_eq(parameter, "paths");
	cr_expect_eq(
		parameters_read_interface(message, &interface, &parameter), PARAMETERS_E_INVALID);
	parse("{}");
	cr_expect_eq(parameters_read_none(message, &parameter), 0);
	cr_expect_eq(
		parameters_read_interface(message, &interface, &parameter), PARAMETERS_E_INVALID);
	cr_expect_str_eq(parameter, "interface");
	parse("{\"interface\":\"a.b\"}");
	cr_expect_eq(parameters_read_interface(message, &interface, &parameter), 0);
	cr_expect_str_eq(interface, "a.b");
}
