/* SPDX-License-Identifier: MIT */
/* A call with a schedule that is made up here: when there is a reply to take, and what is in it. */
#include <criterion/criterion.h>
#include <dltest/protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "request.h"
#include "schedule.h"
#include "verdict.h"

/* --- A schedule made up ------------------------------------------------------------------ */

static struct schedule_asker asker;
static size_t asked, opened, closed, left;
static bool paused;
static int open_answer;

int schedule_open(struct schedule *schedule, const struct request *given,
	const struct schedule_asker *given_asker, struct batch **ret_batch) {
	(void)schedule, (void)given;
	if (open_answer)
		return open_answer;
	opened++;
	asker = *given_asker;
	*ret_batch = (struct batch *)&opened;
	return 0;
}

void schedule_ask(struct batch *batch, size_t index) {
	(void)batch, (void)index;
	asked++;
}

void schedule_pause(struct batch *batch) {
	(void)batch;
	paused = true;
}

void schedule_resume(struct batch *batch) {
	(void)batch;
	paused = false;
}

void schedule_close(struct batch *batch) {
	closed += batch != NULL;
}

void schedule_leave(struct batch *batch, struct request *request) {
	cr_assert_not_null(batch);
	cr_expect_eq(request->paths.count, 3, "it outlives the call");
	request_free(request);
	left++;
}

/* --- The world --------------------------------------------------------------------------- */

static struct call *call;
static enum call_ready told;
static size_t tells;

static void on_ready(void *context, enum call_ready ready) {
	(void)context;
	told = ready;
	tells++;
}

static void tear_down(void) {
	call_free(call);
	cr_expect_eq(closed + left, opened);
}

TestSuite(call, .fini = tear_down);

static int start_within(enum call_kind kind, size_t count, uint32_t within_ms) {
	const struct call_config config = {.kind = kind, .on_ready = on_ready};
	struct request request = {.timeout_ms = 1, .within_ms = within_ms};
	char path[32];

	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/%zu", i);
		cr_assert_eq(strv_add(&request.paths, path), 0);
	}
	int r = call_start(&config, &request, &call);
	cr_expect_null(request.paths.items, "it has been taken over");
	return r;
}

static int start(enum call_kind kind, size_t count) {
	return start_within(kind, count, 0);
}

/* The library 'index' loads. */
static void answer(size_t index) {
	struct verdict verdict = {0};

	paused = !asker.on_verdict(asker.context, index, &verdict);
}

/* The library 'index' lacks symbols of so many bytes. */
static void answer_with(size_t index, size_t size) {
	struct verdict verdict;
	char *name = malloc(size + 1);

	memset(name, 'x', size);
	name[size] = '\0';
	cr_assert_eq(verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "no symbol", &verdict), 0);
	cr_assert_eq(strv_take(&verdict.symbols, name), 0);
	paused = !asker.on_verdict(asker.context, index, &verdict);
}

/* The next reply; *ret_results is how many results it has. */
static bool take(size_t *ret_results) {
	char *text = NULL;
	bool final = false;

	cr_assert_eq(call_take_reply(call, &text, &final), 0);
	*ret_results = 0;
	for (const char *at = text; (at = strstr(at, "\"path\":")); at++)
		(*ret_results)++;
	cr_expect_eq(final, strstr(text, "\"continues\":true") == NULL);
	free(text);
	return final;
}

/* --- Tests ------------------------------------------------------------------------------- */

Test(call, without_paths_is_answered_at_once) {
	size_t results;

	cr_assert_eq(start(CALL_WHOLE, 0), 0);
	cr_expect_eq(call_get_ready(call), CALL_ENOUGH);
	cr_expect(take(&results));
	cr_expect_eq(results, 0);
}

Test(call, by_one_reply_waits_for_all) {
	size_t results;

	cr_assert_eq(start(CALL_WHOLE, 3), 0);
	cr_expect_eq(asked, 3);
	answer(2);
	answer(0);
	cr_expect_eq(tells, 0);
	cr_expect_eq(call_get_ready(call), CALL_NOTHING);
	answer(1);
	cr_expect_eq(tells, 1);
	cr_expect(take(&results));
	cr_expect_eq(results, 3);
}

Test(call, by_one_reply_keeps_the_order_of_the_paths) {
	char *text;
	bool final;

	cr_assert_eq(start(CALL_WHOLE, 2), 0);
	answer(1);
	answer(0);
	cr_assert_eq(call_take_reply(call, &text, &final), 0);
	cr_expect_str_eq(text, "{\"parameters\":{\"results\":[{\"path\":\"/0\",\"ok\":true},"
			       "{\"path\":\"/1\",\"ok\":true}]}}");
	free(text);
}

Test(call, by_more_gives_few_results_when_asked) {
	size_t results;

	cr_assert_eq(start(CALL_MORE, 3), 0);
	answer(2);
	cr_expect_eq(told, CALL_FEW);
	cr_expect_not(take(&results));
	cr_expect_eq(results, 1);
	cr_expect_eq(call_get_ready(call), CALL_NOTHING);
	answer(0);
	answer(1);
	cr_expect_eq(told, CALL_ENOUGH);
	cr_expect(take(&results));
	cr_expect_eq(results, 2);
}

Test(call, by_more_holds_back_while_a_reply_is_full) {
	size_t results;

	cr_assert_eq(start(CALL_MORE, 40), 0);
	for (size_t i = 0; i < 31; i++)
		answer(i);
	cr_expect_not(paused);
	cr_expect_eq(told, CALL_FEW);
	answer(31);
	cr_expect(paused);
	cr_expect_eq(told, CALL_ENOUGH);
	cr_expect_not(take(&results));
	cr_expect_eq(results, 32);
	cr_expect_not(paused);
}

Test(call, by_more_counts_bytes_too) {
	size_t results;

	cr_assert_eq(start(CALL_MORE, 3), 0);
	answer_with(0, 2000000);
	cr_expect(paused);
	cr_expect_eq(told, CALL_ENOUGH);
	answer(1);
	cr_expect_not(take(&results));
	cr_expect_eq(results, 1, "the next one goes with the next reply");
	cr_expect_not(paused);
}

Test(call, by_more_has_replies_that_a_client_can_take) {
	char *text;
	bool final;

	cr_assert_eq(start(CALL_MORE, 2), 0);
	answer_with(0, 1000000);
	answer_with(1, 14000000);
	cr_assert_eq(call_take_reply(call, &text, &final), 0);
	cr_expect_leq(strlen(text), DLTEST_REPLY_MAX);
	cr_expect(final);
	free(text);
}

Test(call, by_one_reply_that_would_be_too_large_is_an_error) {
	char *text;
	bool final;

	cr_assert_eq(start(CALL_WHOLE, 4), 0);
	answer_with(0, 9000000);
	cr_expect_eq(call_get_ready(call), CALL_NOTHING);
	answer_with(1, 9000000);
	cr_expect_eq(tells, 1);
	answer_with(2, 9000000);
	cr_expect_eq(tells, 1, "it is said once");
	cr_assert_eq(call_take_reply(call, &text, &final), 0);
	cr_expect(final);
	cr_expect_not_null(strstr(text, DLTEST_ERROR_TOO_LARGE));
	free(text);
}

Test(call, is_held_back_while_its_client_does_not_read) {
	cr_assert_eq(start(CALL_MORE, 3), 0);
	call_pause(call);
	cr_expect(paused);
	answer(0);
	cr_expect(paused);
	call_resume(call);
	cr_expect_not(paused);
}

Test(call, answers_odd_paths_itself) {
	const struct call_config config = {.kind = CALL_WHOLE, .on_ready = on_ready};
	struct request request = {.timeout_ms = 1};
	char *text;
	bool final;

	cr_assert_eq(strv_add(&request.paths, ""), 0);
	cr_assert_eq(strv_add(&request.paths, "a.so"), 0);
	cr_assert_eq(strv_add(&request.paths, "/a.so"), 0);
	cr_assert_eq(call_start(&config, &request, &call), 0);
	cr_expect_eq(asked, 1);
	answer(2);
	cr_assert_eq(call_take_reply(call, &text, &final), 0);
	cr_expect_not_null(strstr(text, "the path is empty"));
	cr_expect_not_null(strstr(text, "the path is not absolute"));
	cr_expect_not_null(strstr(text, "{\"path\":\"/a.so\",\"ok\":true}"));
	free(text);
}

Test(call, by_more_has_a_beat_and_by_one_reply_none) {
	char *text;

	cr_assert_eq(start(CALL_MORE, 3), 0);
	cr_assert_eq(call_make_beat(call, &text), 0);
	cr_expect_str_eq(text, "{\"parameters\":{\"results\":[]},\"continues\":true}");
	free(text);
	call = call_free(call);
	cr_assert_eq(start(CALL_WHOLE, 3), 0);
	cr_assert_eq(call_make_beat(call, &text), 0);
	cr_expect_null(text);
}

Test(call, ends_what_runs_for_a_client_that_goes_before_its_time) {
	cr_assert_eq(start_within(CALL_MORE, 3, 60000), 0);
	call = call_free(call);
	cr_expect_eq(left, 0);
	cr_assert_eq(start(CALL_MORE, 3), 0);
	call = call_free(call);
	cr_expect_eq(left, 0, "without such a time, whenever that is");
}

Test(call, leaves_what_runs_for_a_client_whose_time_is_over) {
	cr_assert_eq(start_within(CALL_MORE, 3, 100), 0);
	answer(1);
	usleep(60000);
	call = call_free(call);
	cr_expect_eq(left, 1);
}

Test(call, leaves_nothing_when_all_is_answered) {
	cr_assert_eq(start_within(CALL_MORE, 3, 1), 0);
	for (size_t i = 0; i < 3; i++)
		answer(i);
	call = call_free(call);
	cr_expect_eq(left, 0);
}

Test(call, that_cannot_be_started_leaves_nothing) {
	open_answer = SCHEDULE_E_TOO_MANY;
	cr_expect_eq(start(CALL_WHOLE, 3), SCHEDULE_E_TOO_MANY);
	cr_expect_null(call);
	cr_expect_eq(closed, 0);
}
