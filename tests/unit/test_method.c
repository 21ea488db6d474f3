/* SPDX-License-Identifier: MIT */
/* The table of methods, with a schedule and calls that are made up here. */
#include <criterion/criterion.h>
#include <dltest/protocol.h>
#include <dltest/standing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "activity.h"
#include "holding.h"
#include "likeness.h"
#include "method.h"
#include "request.h"
#include "schedule.h"
#include "varlink.h"

/* As the service gives it out. */
extern const char interface_dltest[];

static struct holding holding;
static struct call_config started;
static uint32_t started_timeout_ms;
static int start_answer;

const struct holding *schedule_holding(const struct schedule *schedule) {
	(void)schedule;
	return &holding;
}

void schedule_get_figures(struct schedule *schedule, struct schedule_figures *ret_figures) {
	(void)schedule;
	*ret_figures = (struct schedule_figures){.done = 7, .waiting = 6, .running = 5};
}

int call_start(const struct call_config *config, struct request *request, struct call **ret_call) {
	started = *config;
	started_timeout_ms = request->timeout_ms;
	request_fini(request);
	if (start_answer)
		return start_answer;
	*ret_call = (struct call *)&started;
	return 0;
}

static struct activity activity;
static struct likeness *likeness;
static struct method_context context = {.activity = &activity, .socket = "/s"};
static struct method_caller caller;
static struct method_answer answer;
static int pair[2];

static void set_up(void) {
	struct dltest_standing standing;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	caller.fd = pair[0];
	dltest_standing_take(&standing);
	cr_assert_eq(likeness_new(&standing, &likeness), 0);
	context.likeness = likeness;
	context.private = false;
	holding = (struct holding){.may_load = true, .filter = true};
}

static void tear_down(void) {
	free(answer.text);
	likeness_free(likeness);
	close(pair[0]);
	close(pair[1]);
}

TestSuite(method, .init = set_up, .fini = tear_down);

static int run(const char *text) {
	struct varlink_message *message;

	cr_assert_eq(varlink_message_parse(text, strlen(text), &message), 0);
	free(answer.text);
	int r = method_run(&context, message, &caller, &answer);
	varlink_message_free(message);
	return r;
}

static bool says(const char *words) {
	return answer.text && strstr(answer.text, words);
}

Test(method, verify_starts_a_call) {
	cr_assert_eq(run("{\"method\":\"" DLTEST_METHOD_VERIFY
			 "\",\"more\":true,\"parameters\":{\"paths\":[\"/a\"],\"timeout_ms\":9}}"),
		0);
	cr_expect_not_null(answer.call);
	cr_expect_null(answer.text);
	cr_expect_eq(started.kind, CALL_MORE);
	cr_expect_eq(started_timeout_ms, 9);
	cr_expect_gt(activity.active_ms, 0);
}

Test(method, verify_without_more_makes_one_reply) {
	run("{\"method\":\"" DLTEST_METHOD_VERIFY "\",\"parameters\":{\"paths\":[]}}");
	cr_expect_eq(started.kind, CALL_WHOLE);
}

static void expect_refusal(const char *error) {
	cr_assert_eq(run("{\"method\":\"" DLTEST_METHOD_VERIFY
			 "\",\"parameters\":{\"paths\":[\"/a\"]}}"),
		0);
	cr_expect_null(answer.call);
	cr_expect(says(error), "%s", answer.text);
}

Test(method, verify_is_refused_when_the_service_ends) {
	activity.draining = true;
	expect_refusal(DLTEST_ERROR_SHUTTING);
}

Test(method, verify_is_refused_when_there_is_too_much_to_do) {
	activity.calls = DLTEST_CALLS_MAX;
	expect_refusal(DLTEST_ERROR_BUSY);
}

Test(method, verify_is_refused_without_a_sandbox) {
	holding.may_load = false;
	expect_refusal(DLTEST_ERROR_NO_SANDBOX);
}

static const char with_words[] = "{\"method\":\"" DLTEST_METHOD_VERIFY
				 "\",\"parameters\":{\"paths\":[],\"standing\":[\"mdwe\"]}}";

Test(method, verify_is_refused_to_who_says_to_stand_otherwise) {
	cr_assert_eq(run(with_words), 0);
	cr_expect(says(DLTEST_ERROR_STANDING), "%s", answer.text);
}

Test(method, verify_is_not_refused_to_who_has_started_the_service) {
	context.private = true;
	cr_assert_eq(run(with_words), 0);
	cr_expect_not_null(answer.call);
}

Test(method, verify_names_the_parameter_that_is_wrong) {
	cr_assert_eq(run("{\"method\":\"" DLTEST_METHOD_VERIFY
			 "\",\"parameters\":{\"paths\":[],\"lazy\":1}}"),
		0);
	cr_expect(says("InvalidParameter") && says("\"lazy\""));
	start_answer = SCHEDULE_E_TOO_MANY;
	run("{\"method\":\"" DLTEST_METHOD_VERIFY "\",\"parameters\":{\"paths\":[]}}");
	cr_expect(says("\"roots\""));
}

Test(method, verify_fails_as_its_call_does) {
	start_answer = -12;
	cr_expect_eq(run("{\"method\":\"" DLTEST_METHOD_VERIFY "\",\"parameters\":{\"paths\":[]}}"),
		-12);
}

Test(method, status_says_what_is_being_done) {
	activity.clients = 3;
	cr_assert_eq(run("{\"method\":\"" DLTEST_METHOD_STATUS "\"}"), 0);
	cr_expect(says("\"done\":7,\"running\":5,\"waiting\":6"));
	cr_expect(says("\"clients\":3") && says("\"socket\":\"/s\"") && says("\"seccomp\":true"));
}

Test(method, stop_is_answered_and_told) {
	cr_assert_eq(run("{\"method\":\"" DLTEST_METHOD_STOP "\"}"), 0);
	cr_expect(answer.stops);
	cr_expect_str_eq(answer.text, "{}");
	run("{\"method\":\"" DLTEST_METHOD_STATUS "\"}");
	cr_expect_not(answer.stops);
}

Test(method, those_without_parameters_take_none) {
	static const char *const names[] = {
		DLTEST_METHOD_STATUS, DLTEST_METHOD_STOP, DLTEST_VARLINK_SERVICE ".GetInfo"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[120];

		snprintf(text, sizeof(text), "{\"method\":\"%s\",\"parameters\":{\"x\":1}}",
			names[i]);
		cr_assert_eq(run(text), 0);
		cr_expect(says("InvalidParameter") && says("\"x\""), "%s", names[i]);
		cr_expect_not(answer.stops);
	}
}

Test(method, none_turns_the_connection_into_something_else) {
	run("{\"method\":\"" DLTEST_METHOD_STATUS "\",\"upgrade\":true}");
	cr_expect(says("\"upgrade\""));
}

Test(method, interfaces_are_described) {
	run("{\"method\":\"" DLTEST_VARLINK_SERVICE
	    ".GetInterfaceDescription\",\"parameters\":{\"interface\":\"" DLTEST_INTERFACE "\"}}");
	cr_expect(says("method Verify("));
	run("{\"method\":\"" DLTEST_VARLINK_SERVICE
	    ".GetInterfaceDescription\",\"parameters\":{\"interface\":\"a.B\"}}");
	cr_expect(says("InterfaceNotFound") && says("a.B"));
}

Test(method, all_that_the_interface_declares_are_there) {
	static const char word[] = "\nmethod ";
	int count = 0;

	for (const char *at = interface_dltest; (at = strstr(at, word)); count++) {
		char text[120];

		at += strlen(word);
		snprintf(text, sizeof(text), "{\"method\":\"" DLTEST_INTERFACE ".%.*s\"}",
			(int)strcspn(at, "("), at);
		cr_assert_eq(run(text), 0);
		cr_expect_not(says("MethodNotFound"), "%s", answer.text);
	}
	cr_expect_geq(count, 3);
}

Test(method, what_there_is_not_is_named) {
	run("{\"method\":\"" DLTEST_INTERFACE ".Nothing\"}");
	cr_expect(says("MethodNotFound") && says(".Nothing"));
	run("{\"method\":\"a.B.C\"}");
	cr_expect(says("InterfaceNotFound") && says("\"a.B\""));
	run("{\"method\":\"nodots\"}");
	cr_expect(says("InterfaceNotFound") && says("\"\""));
}
