/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "childproc.h"
#include "spent.h"

#define MS     UINT64_C(1000)
#define SECOND (1000 * MS)

static struct spent spent;
static struct childproc_usage before, now;
static uint64_t turns; /* that the child has each time */

static void set_up(void) {
	spent = (struct spent){.timeout_us = 3 * SECOND};
}

TestSuite(spent, .init = set_up);

/* 'passed_us' go by, in which the child uses and waits for a processor so much more. */
static void pass(uint64_t passed_us, uint64_t cpu_us, uint64_t delay_us) {
	const struct spent_interval interval = {.passed_us = passed_us, .busy_us = passed_us};

	before = now;
	now.cpu_us += cpu_us;
	now.living_cpu_us += cpu_us;
	now.delay_us += delay_us;
	now.turns += turns;
	spent_add(&spent, &before, &now, &interval);
}

static bool is_over(void) {
	return spent_is_over(&spent, SPENT_RIVALS_OTHERS);
}

Test(spent, what_sleeps_has_its_time_and_no_more) {
	pass(3 * SECOND - 1, 0, 0);
	cr_expect_not(is_over());
	cr_expect_not(spent.is_hungry);
	cr_expect_eq(spent_left_us(&spent), 1);
	pass(1, 0, 0);
	cr_expect(is_over());
}

Test(spent, what_spins_alone_has_its_time_and_no_more) {
	pass(3 * SECOND, 3 * SECOND, 0);
	cr_expect(is_over());
	cr_expect(spent.is_hungry);
}

Test(spent, what_it_waited_for_a_processor_is_not_its_time) {
	for (int i = 0; i < 100; i++)
		pass(100 * MS, 10 * MS, 90 * MS);
	cr_expect_eq(spent_own_us(&spent), SECOND);
	cr_expect_not(is_over());
	for (int i = 0; i < 200; i++)
		pass(100 * MS, 10 * MS, 90 * MS);
	cr_expect(is_over());
}

Test(spent, its_sleep_is_its_time_also_where_it_waits_for_a_processor) {
	for (int i = 0; i < 30; i++)
		pass(100 * MS, 10 * MS, 40 * MS);
	cr_expect_eq(spent_own_us(&spent), 30 * 60 * MS);
}

Test(spent, a_disk_is_not_its_time_but_not_for_ever) {
	now.on_disk = true;
	pass(6 * SECOND, 0, 0);
	cr_expect_eq(spent_own_us(&spent), 0);
	pass(6 * SECOND, 0, 0);
	cr_expect_eq(spent_own_us(&spent), 4 * SECOND, "8 s are the most");
	spent = (struct spent){.timeout_us = 500 * MS};
	pass(3 * SECOND, 0, 0);
	cr_expect_eq(spent_own_us(&spent), SECOND, "and four times the timeout");
}

Test(spent, threads_that_wait_for_each_other_have_all_the_time_that_one_of_them_runs) {
	/* Eight that spin on one processor: it is always one of them. */
	pass(3 * SECOND, 3 * SECOND, 21 * SECOND);
	cr_expect_eq(spent_own_us(&spent), 3 * SECOND);
	cr_expect(is_over());
}

/* It waits for so long that it is looked at meanwhile. */
Test(spent, a_wait_that_is_not_over_is_not_its_time) {
	now.is_runnable = true;
	pass(100 * MS, 0, 0);
	pass(100 * MS, 0, 0);
	cr_expect_eq(spent_own_us(&spent), 0);
	cr_expect(spent.is_hungry);
	/* Then all of it is told at once. */
	now.is_runnable = false;
	pass(100 * MS, 0, 250 * MS);
	cr_expect_eq(spent_own_us(&spent), 50 * MS, "what was known already does not count twice");
}

/* A hundred turns, each after a millisecond of sleep and a short wait. */
Test(spent, what_sleeps_and_waits_by_turns_has_its_sleep) {
	now.is_runnable = true;
	turns = 20;
	for (int i = 0; i < 10; i++)
		pass(100 * MS, 0, 80 * MS);
	cr_expect_geq(spent_own_us(&spent), 100 * MS, "20 ms a look, and a wait that is not over");
	cr_expect_leq(spent_own_us(&spent), 200 * MS);
}

/* After many short waits, a long one that began before the look. */
Test(spent, a_wait_that_began_before_the_last_look_is_all_told) {
	now.threads = 1;
	now.is_runnable = true;
	turns = 20;
	pass(100 * MS, 10 * MS, 2 * MS);
	cr_expect_geq(spent_own_us(&spent), 90 * MS);
	turns = 1;
	now.is_runnable = false;
	pass(100 * MS, 10 * MS, 178 * MS);
	cr_expect_eq(spent_own_us(&spent), 20 * MS);
}

/* Each of its threads works for 10 ms and ends, and nobody knows how long it has waited. */
Test(spent, what_threads_waited_that_have_ended_is_not_its_time) {
	now.is_runnable = true;
	turns = 1;
	for (int i = 0; i < 30; i++) {
		pass(100 * MS, 10 * MS, 0);
		now.living_cpu_us = 0;
	}
	cr_expect_leq(spent_own_us(&spent), 30 * 10 * MS + 100 * MS);
}

Test(spent, it_sleeps_where_its_processor_was_idle) {
	const struct spent_interval interval = {.passed_us = 100 * MS, .busy_us = 30 * MS};

	now.cpu_us = 10 * MS;
	now.turns = 1;
	spent_add(&spent, &before, &now, &interval);
	cr_expect_eq(spent.waited_us, 0, "none of them wants a processor");
	set_up();
	now.is_runnable = true;
	spent_add(&spent, &before, &now, &interval);
	cr_expect_eq(spent.waited_us, 20 * MS, "whatever its threads did");
}

/* What a thread that runs has had is told a little late. */
Test(spent, a_thread_that_only_seems_to_have_ended_gives_nothing_for_long) {
	const struct spent_interval interval = {.passed_us = 100 * MS, .busy_us = 100 * MS};

	now.is_runnable = true;
	for (int i = 0; i < 100; i++) {
		before = now;
		now.turns++;
		now.cpu_us += MS;
		now.living_cpu_us = now.cpu_us - (i % 4) * MS;
		spent_add(&spent, &before, &now, &interval);
	}
	cr_expect_leq(spent.waited_us, 4 * 100 * MS);
}

Test(spent, the_daemons_wait_is_not_its_time) {
	const struct spent_interval interval = {
		.passed_us = 100 * MS, .busy_us = 100 * MS, .ours_us = 60 * MS};

	spent_add(&spent, &before, &now, &interval);
	cr_expect_eq(spent_own_us(&spent), 40 * MS);
	cr_expect_not(spent.is_hungry);
}

Test(spent, there_is_nothing_to_ask_every_moment_beside_others) {
	pass(3 * SECOND, 1500 * MS, 1500 * MS);
	cr_expect_not(is_over());
	cr_expect_eq(spent_left_us(&spent), 1500 * MS);
}

Test(spent, what_only_our_own_want_the_processor_for_is_given_up_at_two_fifths) {
	pass(3 * SECOND - 1, 1200 * MS, 1800 * MS);
	cr_expect_not(spent_is_over(&spent, SPENT_RIVALS_OURS));
	pass(1, 0, 1);
	cr_expect(spent_is_over(&spent, SPENT_RIVALS_OURS));
	cr_expect_not(spent_is_over(&spent, SPENT_RIVALS_OTHERS));
}

Test(spent, what_would_load_alone_in_a_third_is_not_given_up) {
	for (int i = 0; i < 100; i++) {
		pass(100 * MS, 10 * MS, 90 * MS);
		cr_expect_not(spent_is_over(&spent, SPENT_RIVALS_OURS));
	}
}

Test(spent, a_clock_that_goes_back_is_no_time) {
	pass(SECOND, SECOND, SECOND);
	now = (struct childproc_usage){0};
	pass(SECOND, 0, 0);
	cr_expect_eq(spent.cpu_us, SECOND);
	cr_expect_eq(spent.wall_us, 2 * SECOND);
}
