/* SPDX-License-Identifier: MIT */
/* Batches of clients that have gone because their time was over. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "schedule_world.h"

TestSuite(leftovers, .init = set_up, .fini = tear_down);

/* As a call does: with a request of its own, which goes with it. */
static struct request *ask_to_leave(struct client *client, size_t first, size_t count) {
	struct request *own = malloc(sizeof(*own));

	*own = (struct request){.timeout_ms = 1000};
	for (size_t i = 0; i < request.paths.count; i++)
		cr_assert_eq(strv_add(&own->paths, request.paths.items[i]), 0);
	open_batch(client, own);
	ask(client, first, count);
	return own;
}

static void leave_batch(struct client *client, struct request *own) {
	schedule_leave(client->batch, own);
	client->batch = NULL;
}

Test(leftovers, finishes_what_is_at_work_for_a_batch_that_is_left) {
	struct request *own = ask_to_leave(&one, 0, 10);

	run_loop();
	leave_batch(&one, own);
	run_loop();
	cr_expect_eq(cancelled, 0);
	cr_expect_eq(started, 2, "nothing more is begun");
	cr_expect_eq(at_work_count, 2);
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_eq(the_env.refs, 1);
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_eq(kept, 2);
	cr_expect_eq(one.count, 0, "nobody is told");
	cr_expect_eq(the_env.refs, 0, "it is gone with the last of them");
	cr_expect_eq(started, 2);
}

Test(leftovers, looks_again_for_a_batch_that_is_left) {
	struct request *own = ask_to_leave(&one, 0, 1);

	run_loop();
	leave_batch(&one, own);
	end_with(DLTEST_REASON_MISSING_DEPENDENCY);
	run_loop();
	cr_assert_eq(at_work_count, 1);
	cr_expect(at_work[0]->traces);
	cr_expect_eq(kept, 0);
}

Test(leftovers, lets_others_wait_for_what_was_left) {
	struct request *own = ask_to_leave(&one, 0, 1);

	run_loop();
	leave_batch(&one, own);
	ask(&two, 0, 1);
	run_loop();
	cr_expect_eq(started, 1);
	remembered = "/lib0.so";
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_eq(two.told[0], 1);
	cr_expect_eq(started, 1);
}

/* A verdict that is not remembered: what hangs would be loaded anew each time it is asked about,
 * and never be told. */
Test(leftovers, tells_who_asks_again_what_is_not_remembered) {
	struct request *own = ask_to_leave(&one, 0, 1);

	run_loop();
	config.on_slow(config.context, at_work[0]);
	leave_batch(&one, own);
	for (int i = 0; i < 2; i++) {
		ask(&two, 0, 1);
		run_loop();
		cr_expect_eq(started, 1, "it waits for what was left, slow as that is");
		if (i == 0) {
			schedule_close(two.batch);
			two.batch = NULL;
		}
	}
	config.on_slow(config.context, at_work[0]);
	run_loop();
	cr_expect_eq(started, 1);
	end_with(DLTEST_REASON_TIMED_OUT);
	run_loop();
	cr_expect_eq(two.told[0], 1);
	cr_expect_eq(two.reason, DLTEST_REASON_TIMED_OUT);
	cr_expect_eq(started, 1);
	cr_expect_eq(one.count, 0);
}

/* And of two that hang, the one that comes to its end first. */
Test(leftovers, tells_it_once_more_who_had_no_time_for_all) {
	struct request *own = ask_to_leave(&one, 0, 2);

	own->within_ms = request.within_ms = 10;
	run_loop();
	end_with(DLTEST_REASON_TIMED_OUT);
	run_loop();
	cr_expect_eq(one.told[0], 1);
	leave_batch(&one, own);
	ask(&two, 0, 1);
	run_loop();
	cr_expect_eq(two.told[0], 1);
	cr_expect_eq(two.reason, DLTEST_REASON_TIMED_OUT);
	cr_expect_eq(started, 2);
	schedule_close(two.batch);
	two.batch = NULL;
	ask(&two, 0, 1);
	run_loop();
	cr_expect_eq(started, 3, "a call that had time for all is over");
}

Test(leftovers, loads_anew_for_who_wants_it_fresh) {
	struct request *own = ask_to_leave(&one, 0, 1);

	run_loop();
	leave_batch(&one, own);
	request.fresh = true;
	ask(&two, 0, 1);
	run_loop();
	cr_expect_eq(started, 2);
	end_with(DLTEST_REASON_TIMED_OUT);
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_eq(two.reason, DLTEST_REASON_NONE);
}

Test(leftovers, forgets_who_waited_for_another_when_that_is_left) {
	ask(&two, 0, 1);
	run_loop();
	struct request *own = ask_to_leave(&one, 0, 1);
	run_loop();
	cr_expect_eq(started, 1, "it waits");
	leave_batch(&one, own);
	run_loop();
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_eq(started, 1);
	cr_expect_eq(two.told[0], 1);
	cr_expect_eq(the_env.refs, 1);
}

Test(leftovers, with_batches_that_are_left_can_be_freed) {
	struct request *own = ask_to_leave(&one, 0, 3);

	run_loop();
	leave_batch(&one, own);
}

/* Its loads are stuck, or there is no process for what comes next. */
Test(leftovers, ends_what_was_left_too_long_ago) {
	struct request *own = ask_to_leave(&one, 0, 1);

	own->timeout_ms = 1;
	run_loop();
	uint64_t left_ms = clock_now_ms(), now_ms = left_ms;
	leave_batch(&one, own);
	while (at_work_count > 0 && now_ms < left_ms + 15000) {
		usleep(50000);
		run_loop();
		now_ms = clock_now_ms();
	}
	cr_expect_geq(now_ms, left_ms + 9500);
	cr_expect_lt(now_ms, left_ms + 15000);
	cr_expect_eq(cancelled, 1);
	cr_expect_eq(the_env.refs, 0);
}
