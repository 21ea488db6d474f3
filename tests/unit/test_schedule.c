/* SPDX-License-Identifier: MIT */
/* The schedule with loads and a memory that are made up here: which question comes next, and
 * whether it is answered yet. */
#include <criterion/criterion.h>

#include "schedule_world.h"

TestSuite(schedule, .init = set_up, .fini = tear_down);

static void close_batch(struct client *client) {
	schedule_close(client->batch);
	client->batch = NULL;
}

static void end_without_verdict(enum load_outcome outcome) {
	struct attempt *attempt = at_work[0];
	struct load_end end = {.outcome = outcome, .complaint = "the loader failed"};

	take_out(attempt);
	config.on_end(config.context, attempt, &end);
}

Test(schedule, starts_nothing_in_the_callers_stack) {
	ask(&one, 0, 1);
	cr_expect_eq(started, 0);
	run_loop();
	cr_expect_eq(started, 1);
	ask(&one, 1, 1);
	end_with(DLTEST_REASON_NONE);
	cr_expect_eq(started, 1, "neither when a place has become free");
	run_loop();
	cr_expect_eq(started, 2);
}

Test(schedule, tells_each_verdict_once) {
	ask(&one, 0, 5);
	for (int i = 0; i < 10; i++) {
		run_loop();
		if (at_work_count > 0)
			end_with(DLTEST_REASON_NONE);
	}
	for (size_t i = 0; i < 5; i++)
		cr_expect_eq(one.told[i], 1);
	cr_expect_eq(one.count, 5);
	cr_expect_eq(kept, 5);
}

Test(schedule, starts_no_more_than_there_are_places) {
	ask(&one, 0, 10);
	run_loop();
	cr_expect_eq(at_work_count, 2);
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_eq(at_work_count, 2);
	cr_expect_eq(started, 3);
}

Test(schedule, lets_calls_take_turns) {
	ask(&one, 0, 50);
	ask(&two, 60, 1);
	run_loop();
	cr_expect_str_eq(at_work[0]->path, "/lib0.so");
	cr_expect_str_eq(at_work[1]->path, "/lib60.so");
}

Test(schedule, gives_what_is_remembered_without_a_load) {
	remembered = "/lib3.so";
	ask(&one, 3, 1);
	cr_expect_eq(one.count, 0, "from the loop alone");
	run_loop();
	cr_expect_eq(one.told[3], 1);
	cr_expect(one.cached);
	cr_expect_eq(started, 0);
}

Test(schedule, gives_what_is_remembered_while_there_is_no_place) {
	remembered = "/lib3.so";
	ask(&one, 10, 5);
	run_loop();
	cr_expect_eq(at_work_count, 2);
	ask(&two, 3, 2);
	run_loop();
	cr_expect_eq(two.told[3], 1);
	cr_expect_eq(two.told[4], 0);
	cr_expect_eq(started, 2);
	/* What was sought in vain is loaded in its turn, as if it had not been sought. */
	one.account.served_us += 1000000;
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_str_eq(at_work[1]->path, "/lib4.so");
	for (int i = 0; i < 5; i++) {
		end_with(DLTEST_REASON_NONE);
		run_loop();
	}
	cr_expect_eq(one.count, 5);
	cr_expect_eq(two.count, 2);
}

Test(schedule, counts_what_is_done_for_one_client_in_all_its_calls) {
	ask(&one, 0, 2);
	run_loop();
	for (int i = 0; i < 2; i++)
		end_with(DLTEST_REASON_NONE);
	cr_expect_geq(one.account.served_us, 2000);
	close_batch(&one);
	places = 0;
	ask(&one, 2, 2);
	one.account.served_us += 1000000;
	ask(&two, 60, 2);
	places = 2;
	run_loop();
	cr_expect_str_eq(at_work[0]->path, "/lib60.so");
}

Test(schedule, asks_memory_nothing_for_a_fresh_answer) {
	remembered = "/lib3.so";
	request.fresh = true;
	ask(&one, 3, 1);
	run_loop();
	cr_expect_eq(started, 1);
}

Test(schedule, loads_once_for_all_who_ask) {
	ask(&one, 0, 1);
	run_loop();
	ask(&two, 0, 1);
	run_loop();
	cr_expect_eq(started, 1);
	remembered = "/lib0.so";
	end_with(DLTEST_REASON_NONE);
	cr_expect_eq(one.told[0], 1);
	run_loop();
	cr_expect_eq(two.told[0], 1);
	cr_expect_eq(started, 1);
}

Test(schedule, loads_again_for_who_waited_if_nothing_is_remembered) {
	ask(&one, 0, 1);
	run_loop();
	ask(&two, 0, 1);
	run_loop();
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_eq(started, 2);
	end_with(DLTEST_REASON_NONE);
	cr_expect_eq(two.told[0], 1);
}

Test(schedule, lets_nobody_wait_behind_what_is_slow) {
	ask(&one, 0, 1);
	run_loop();
	ask(&two, 0, 1);
	run_loop();
	config.on_slow(config.context, at_work[0]);
	run_loop();
	cr_expect_eq(started, 2);
}

Test(schedule, lets_who_waited_go_on_when_the_first_has_gone) {
	ask(&one, 0, 1);
	run_loop();
	ask(&two, 0, 1);
	run_loop();
	close_batch(&one);
	cr_expect_eq(cancelled, 1);
	run_loop();
	cr_expect_eq(started, 2);
	end_with(DLTEST_REASON_NONE);
	cr_expect_eq(two.told[0], 1);
	cr_expect_eq(one.count, 0);
}

Test(schedule, ends_all_of_a_batch_that_is_closed) {
	ask(&one, 0, 10);
	run_loop();
	close_batch(&one);
	cr_expect_eq(cancelled, 2);
	run_loop();
	cr_expect_eq(started, 2);
	cr_expect_eq(the_env.refs, 0);
}

Test(schedule, begins_nothing_of_a_batch_that_is_paused) {
	ask(&one, 0, 10);
	schedule_pause(one.batch);
	run_loop();
	cr_expect_eq(started, 0);
	schedule_resume(one.batch);
	cr_expect_eq(started, 0, "from the loop alone");
	run_loop();
	cr_expect_eq(started, 2);
}

Test(schedule, pauses_a_batch_that_has_enough) {
	remembered = "/lib0.so";
	one.enough = true;
	ask(&one, 0, 2);
	run_loop();
	cr_expect_eq(one.count, 1);
	cr_expect_eq(started, 0);
	schedule_resume(one.batch);
	run_loop();
	cr_expect_eq(started, 1);
}

Test(schedule, tries_twice_more_when_the_loader_failed) {
	ask(&one, 0, 1);
	for (int i = 0; i < 2; i++) {
		run_loop();
		end_without_verdict(LOAD_FAILED);
		cr_expect_eq(one.count, 0);
	}
	run_loop();
	cr_expect_eq(started, 3);
	end_without_verdict(LOAD_FAILED);
	cr_expect_eq(one.told[0], 1);
	cr_expect_eq(one.reason, DLTEST_REASON_NO_VERDICT);
	cr_expect_str_eq(one.error, "the loader failed");
}

Test(schedule, tries_again_when_the_loader_cannot_be_started) {
	refusal = (struct load_end){.outcome = LOAD_FAILED, .complaint = "no such program"};
	ask(&one, 0, 1);
	run_loop();
	cr_expect_eq(started, 3);
	cr_expect_eq(one.reason, DLTEST_REASON_NO_VERDICT);
	cr_expect_str_eq(one.error, "no such program");
}

Test(schedule, does_not_try_in_an_environment_without_loads) {
	refusal = (struct load_end){.outcome = LOAD_REFUSED, .complaint = "it fails"};
	ask(&one, 0, 1);
	run_loop();
	cr_expect_eq(started, 1);
	cr_expect_eq(one.reason, DLTEST_REASON_NO_VERDICT);
}

/* Want of room is nobody's failure: what others hold comes back. */
Test(schedule, waits_for_room_as_long_as_others_have_some) {
	ask(&one, 0, 2);
	run_loop();
	for (int i = 0; i < 500; i++) {
		end_without_verdict(LOAD_NO_ROOM);
		cr_assert_eq(at_work_count, 1);
		run_loop();
	}
	cr_expect_eq(one.count, 0);
}

Test(schedule, lets_go_of_what_is_kept_for_later_when_there_is_no_room) {
	ask(&one, 0, 1);
	run_loop();
	cr_expect_eq(made_room, 0);
	end_without_verdict(LOAD_NO_ROOM);
	cr_expect_eq(made_room, 0, "not in the stack of who tells");
	run_loop();
	cr_expect_eq(made_room, 1);
}

Test(schedule, waits_for_room_not_for_ever) {
	size_t tries = 0;

	ask(&one, 0, 1);
	for (run_loop(); at_work_count > 0 && tries < 1000; tries++) {
		end_without_verdict(LOAD_NO_ROOM);
		run_loop();
	}
	cr_expect_gt(tries, 10);
	cr_expect_lt(tries, 100);
	cr_expect_eq(one.reason, DLTEST_REASON_NO_VERDICT);
}

/* All the tries there may be, which are 50 ms apart in earnest. */
static void lack_room_to_the_end(void) {
	for (int i = 0; i < 60; i++) {
		run_loop();
		cr_assert_gt(at_work_count, 0);
		end_without_verdict(LOAD_NO_ROOM);
	}
	run_loop();
}

Test(schedule, waits_for_room_once_for_all) {
	places = 1;
	remembered = "/lib70.so";
	ask(&one, 0, 50);
	ask(&two, 0, 1);
	ask(&two, 70, 1);
	lack_room_to_the_end();
	cr_expect_eq(started, 60);
	cr_expect_eq(one.count, 50);
	cr_expect_eq(one.reason, DLTEST_REASON_NO_VERDICT);
	cr_expect_str_eq(one.error, "the loader failed");
	cr_expect_eq(two.count, 2);
	cr_expect_eq(two.told[70], 1, "what needs no load has its answer");
}

Test(schedule, tries_once_for_who_asks_while_there_is_still_no_room) {
	places = 1;
	ask(&one, 0, 1);
	lack_room_to_the_end();
	ask(&two, 1, 20);
	run_loop();
	cr_expect_eq(two.count, 0);
	end_without_verdict(LOAD_NO_ROOM);
	run_loop();
	cr_expect_eq(two.count, 20);
	cr_expect_eq(started, 61);
}

Test(schedule, waits_anew_when_there_was_room) {
	places = 1;
	ask(&one, 0, 1);
	lack_room_to_the_end();
	ask(&two, 1, 2);
	run_loop();
	end_with(DLTEST_REASON_NONE);
	run_loop();
	end_without_verdict(LOAD_NO_ROOM);
	run_loop();
	cr_expect_eq(two.count, 1, "the other one waits");
	cr_expect_eq(at_work_count, 1);
}

Test(schedule, has_a_failed_library_traced_before_anything_else) {
	places = 1;
	ask(&one, 0, 2);
	run_loop();
	end_with(DLTEST_REASON_MISSING_DEPENDENCY);
	cr_expect_eq(one.count, 0);
	run_loop();
	cr_assert_eq(at_work_count, 1);
	cr_expect(at_work[0]->traces);
	cr_expect_str_eq(at_work[0]->path, "/lib0.so");
	cr_expect_eq(at_work[0]->env, &the_env);
}

Test(schedule, answers_without_the_trace_that_failed) {
	request.bare = true;
	ask(&one, 0, 1);
	run_loop();
	end_with(DLTEST_REASON_MISSING_DEPENDENCY);
	run_loop();
	end_without_verdict(LOAD_FAILED);
	run_loop();
	cr_expect_eq(one.told[0], 1);
	cr_expect_eq(one.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	cr_expect_eq(started, 2, "a trace is tried once");
}

Test(schedule, settles_memory_when_nothing_runs) {
	ask(&one, 0, 1);
	run_loop();
	size_t before = settled;
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_gt(settled, before);
}

Test(schedule, counts_what_waits_and_what_is_done) {
	struct schedule_figures figures;

	ask(&one, 0, 5);
	run_loop();
	end_with(DLTEST_REASON_NONE);
	schedule_get_figures(schedule, &figures);
	cr_expect_eq(figures.done, 1);
	cr_expect_eq(figures.running, 1);
	cr_expect_eq(figures.waiting, 3);
	cr_expect_eq(figures.parallel, 2);
}
