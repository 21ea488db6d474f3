/* SPDX-License-Identifier: MIT */
/* How loads count while they take long. */
#include "loads_world.h"

TestSuite(ends, .init = set_up, .fini = tear_down);

/* The load is slow when the loop has run, and has been looked at. */
static void look_at(struct load *load) {
	load->pid = 4711;
	load->watch.spent.timeout_us = 100000000;
	event_active(load->timer, EV_TIMEOUT, 0);
	run_loop();
}

/* So that whatever time there was since the last look was used. */
static void work(void) {
	usleep(100);
	usage.cpu_us += 1000000;
	usage.living_cpu_us = usage.cpu_us;
}

Test(ends, keep_places_for_newcomers_from_what_hangs) {
	for (size_t i = 0; i < 80; i++) {
		enum loads_place place = loads_find_place(loads);

		cr_assert_eq(place, i < 64 ? LOADS_PLACE_ANY : LOADS_PLACE_NEWCOMER, "%zu", i);
		cr_assert_eq(start(&attempts[i]), 0);
		look_at(attempts[i].load);
	}
	cr_expect_eq(slows, 80);
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_NONE);
}

Test(ends, have_no_place_for_more_while_all_work) {
	struct loads_figures figures;

	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(start(&attempts[i]), 0);
		work();
		look_at(attempts[i].load);
		cr_expect_eq(attempts[i].load->count, LOAD_COUNT_KEEPS);
	}
	cr_expect_eq(slows, 3);
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_NEWCOMER, "who has none need not wait");
	loads_get_figures(loads, &figures);
	cr_expect_eq(figures.fast, 3);
	/* One of them goes to sleep. */
	look_at(attempts[1].load);
	places = 0;
	usleep(1000);
	look_at(attempts[1].load);
	cr_expect_eq(attempts[1].load->count, LOAD_COUNT_NONE);
	cr_expect_geq(places, 1);
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_ANY);
}

Test(ends, let_what_has_worked_for_long_make_room_but_only_so_many) {
	for (size_t i = 0; i < 18; i++) {
		cr_assert_eq(start(&attempts[i]), 0);
		attempts[i].load->watch.spent.cpu_us = 200000;
		work();
		look_at(attempts[i].load);
		cr_expect_eq(attempts[i].load->count, i < 16 ? LOAD_COUNT_LOOSE : LOAD_COUNT_KEEPS,
			"%zu", i);
	}
	close(ends[0]);
	end_with(attempts[0].load, SIGSEGV);
	work();
	look_at(attempts[17].load);
	cr_expect_eq(attempts[17].load->count, LOAD_COUNT_LOOSE);
}

Test(ends, spread_what_works_over_the_processors) {
	struct load *first, *second;

	cr_assert_eq(start(&attempts[0]), 0);
	first = attempts[0].load;
	work();
	look_at(first);
	cr_assert_eq(start(&attempts[1]), 0);
	second = attempts[1].load;
	if (first->processor >= 0)
		cr_expect(
			first->processor != second->processor || sysconf(_SC_NPROCESSORS_ONLN) < 2);
}

Test(ends, blame_nobody_for_who_was_missed_before_the_end_was_told) {
	cr_assert_eq(start(&attempts[0]), 0);
	struct load *load = attempts[0].load;

	close(ends[0]); /* with the job unread in it */
	usage.ended = true;
	look_at(load);
	cr_expect_eq(load->state, LOAD_ENDING);
	end_with(load, SIGKILL);
	cr_expect_eq(outcome, LOAD_FAILED);
}

/* It had its job already when it was found, and was killed for not having been heard. */
Test(ends, blame_nobody_for_who_was_given_up_and_came_after_all) {
	char job[100];

	cr_assert_eq(start(&attempts[0]), 0);
	cr_assert_gt(read(ends[0], job, sizeof(job)), 0);
	load_kill(attempts[0].load, JUDGEMENT_CAUSE_UNHEARD);
	end_with(attempts[0].load, SIGKILL);
	cr_expect_eq(outcome, LOAD_FAILED);
	cr_assert_eq(start(&attempts[1]), 0);
	cr_assert_gt(read(ends[0], job, sizeof(job)), 0);
	load_kill(attempts[1].load, JUDGEMENT_CAUSE_UNHEARD);
	end_with(attempts[1].load, SIGSEGV);
	cr_expect_eq(outcome, LOAD_JUDGED);
	cr_expect_eq(reason, DLTEST_REASON_CRASHED, "it had ended before");
}

/* It was stopped by somebody all the time. */
Test(ends, blame_nobody_for_who_had_not_begun_at_the_deadline) {
	char job[100];

	cr_assert_eq(start(&attempts[0]), 0);
	load_kill(attempts[0].load, JUDGEMENT_CAUSE_DEADLINE);
	close(ends[0]); /* with the job unread in it */
	end_with(attempts[0].load, SIGKILL);
	cr_expect_eq(outcome, LOAD_FAILED);
	cr_assert_eq(start(&attempts[1]), 0);
	cr_assert_gt(read(ends[0], job, sizeof(job)), 0);
	load_kill(attempts[1].load, JUDGEMENT_CAUSE_DEADLINE);
	end_with(attempts[1].load, SIGKILL);
	cr_expect_eq(outcome, LOAD_JUDGED);
	cr_expect_eq(reason, DLTEST_REASON_TIMED_OUT);
}
