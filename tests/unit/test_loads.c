/* SPDX-License-Identifier: MIT */
/* The loads with zygotes that are made up here: what is started where, how many at a time, and what
 * is told of each end. */
#include "loads_world.h"

TestSuite(loads, .init = set_up, .fini = tear_down);

/* --- Tests ------------------------------------------------------------------------------- */

Test(loads, start_a_zygote_when_one_is_needed) {
	cr_expect_eq(zygotes_started, 0);
	cr_assert_eq(start(&attempts[0]), 0);
	cr_assert_eq(start(&attempts[1]), 0);
	cr_expect_eq(zygotes_started, 1);
	cr_expect_eq(forks, 2);
}

Test(loads, tell_the_verdict_of_a_load) {
	cr_assert_eq(start(&attempts[0]), 0);
	load_well(attempts[0].load);
	cr_expect_eq(told, 1);
	cr_expect_eq(told_attempt, &attempts[0]);
	cr_expect_eq(outcome, LOAD_JUDGED);
	cr_expect_eq(reason, DLTEST_REASON_NONE);
	cr_expect_geq(places, 1);
}

Test(loads, have_one_place_more_than_run_at_a_time) {
	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(loads_find_place(loads), LOADS_PLACE_ANY);
		cr_assert_eq(start(&attempts[i]), 0);
	}
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_NEWCOMER);
	load_well(attempts[2].load);
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_ANY);
}

Test(loads, have_one_more_for_who_has_none) {
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(start(&attempts[i]), 0);
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_NONE);
	load_well(attempts[3].load);
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_NEWCOMER);
}

Test(loads, take_a_spare_if_there_is_one) {
	cr_assert_eq(start(&attempts[0]), 0);
	load_well(attempts[0].load);
	loads_prepare(loads, 0);
	cr_expect_eq(forks, 2);
	loads_prepare(loads, 0);
	cr_expect_eq(forks, 2, "one is enough");
	cr_assert_eq(start(&attempts[1]), 0);
	cr_expect_eq(forks, 2);
}

Test(loads, make_as_many_spares_as_run_at_a_time_while_jobs_wait) {
	cr_assert_eq(start(&attempts[0]), 0);
	loads_prepare(loads, 100);
	cr_expect_eq(spares_count(last), 2);
}

Test(loads, do_not_blame_a_library_for_who_killed_its_process_before_it_began) {
	cr_assert_eq(start(&attempts[0]), 0);
	close(ends[0]); /* with the job unread in it */
	end_with(attempts[0].load, SIGKILL);
	cr_expect_eq(outcome, LOAD_FAILED);
	cr_expect_str_eq(complaint, "the process to load it in was killed before it began");
}

Test(loads, have_no_room_when_a_child_cannot_be_confined_for_want_of_it) {
	cr_assert_eq(start(&attempts[0]), 0);
	close(ends[0]);
	end_with(attempts[0].load, LOADER_EXIT_NO_ROOM << 8);
	cr_expect_eq(outcome, LOAD_NO_ROOM);
	cr_expect_str_eq(complaint, "there was no room to confine its process");
}

Test(loads, believe_no_library_that_ends_as_if_there_were_no_room) {
	char job[100];

	cr_assert_eq(start(&attempts[0]), 0);
	cr_assert_gt(read(ends[0], job, sizeof(job)), 0);
	end_with(attempts[0].load, LOADER_EXIT_NO_ROOM << 8);
	cr_expect_eq(outcome, LOAD_JUDGED);
	cr_expect_eq(reason, DLTEST_REASON_EXITED);
}

Test(loads, have_no_room_when_no_process_can_be_forked) {
	fork_answer = -EAGAIN;
	cr_assert_lt(start(&attempts[0]), 0);
	cr_expect_eq(outcome, LOAD_NO_ROOM);
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_NONE, "for a moment");
	fork_answer = 0;
	for (int i = 0; i < 1000 && places == 0; i++)
		event_base_loop(base, EVLOOP_ONCE);
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_ANY);
}

Test(loads, have_no_room_when_the_zygote_cannot_fork) {
	cr_assert_eq(start(&attempts[0]), 0);
	struct load *load = attempts[0].load;

	zygotes->on_not_forked(zygotes->context, load, EAGAIN);
	LIST_REMOVE(load, link);
	load_free(load);
	cr_expect_eq(outcome, LOAD_NO_ROOM);
	cr_expect_eq(told, 1);
}

Test(loads, fail_when_the_zygote_cannot_be_started) {
	start_answer = -ENOENT;
	cr_assert_lt(start(&attempts[0]), 0);
	cr_expect_eq(outcome, LOAD_FAILED);
	cr_expect_str_eq(
		complaint, "no process could be started to load it in: No such file or directory");
}

Test(loads, tell_the_failure_of_all_that_ran_in_a_zygote_that_broke) {
	cr_assert_eq(start(&attempts[0]), 0);
	cr_assert_eq(start(&attempts[1]), 0);
	loads_on_child(loads, 42, 0);
	cr_expect_eq(told, 2);
	cr_expect_eq(outcome, LOAD_FAILED);
	cr_expect_str_eq(complaint, "it broke");
	run_loop();
	cr_expect_eq(zygotes_freed, 1);
	cr_assert_eq(start(&attempts[2]), 0);
	cr_expect_eq(zygotes_started, 2);
}

Test(loads, have_no_room_when_a_zygote_broke_for_want_of_it) {
	broken_for = EMFILE;
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(start(&attempts[0]), 0, "the environment is not to blame");
		loads_on_child(loads, 42, 0);
		cr_expect_eq(outcome, LOAD_NO_ROOM);
		run_loop();
	}
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_NONE, "for a moment");
}

Test(loads, can_lose_the_environment_of_a_zygote_while_they_tell_that_it_broke) {
	lets_go = true;
	cr_assert_eq(start(&attempts[0]), 0);
	loads_on_child(loads, 42, 0);
	cr_expect_eq(told, 1);
	run_loop();
	cr_expect_eq(zygotes_freed, 1);
}

Test(loads, leave_an_environment_alone_in_which_zygotes_break) {
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(start(&attempts[0]), 0);
		loads_on_child(loads, 42, 0);
		run_loop();
	}
	cr_assert_lt(start(&attempts[0]), 0);
	cr_expect_eq(outcome, LOAD_REFUSED);
	cr_expect_str_eq(complaint, "it broke");
}

Test(loads, tell_nothing_of_what_was_cancelled) {
	cr_assert_eq(start(&attempts[0]), 0);
	struct load *load = attempts[0].load;

	loads_cancel(loads, &attempts[0]);
	cr_expect_null(attempts[0].load);
	cr_expect_eq(load->state, LOAD_ENDING);
	cr_expect_eq(places, 0, "nothing is told in the caller's stack");
	cr_assert_eq(start(&attempts[1]), 0);
	cr_assert_eq(start(&attempts[2]), 0);
	cr_expect_eq(loads_find_place(loads), LOADS_PLACE_ANY, "but it counts no more");
	end_with(load, SIGKILL);
	cr_expect_eq(told, 0);
	cr_expect_eq(places, 1);
	loads_cancel(loads, &attempts[0]);
}

Test(loads, answer_without_a_child_that_cannot_be_ended) {
	cr_assert_eq(start(&attempts[0]), 0);
	struct load *load = attempts[0].load;

	load->pid = 4711;
	load_kill(load, JUDGEMENT_CAUSE_DEADLINE);
	zygotes->loads.on_stuck(zygotes->loads.context, load);
	cr_expect_eq(outcome, LOAD_JUDGED);
	cr_expect_eq(reason, DLTEST_REASON_TIMED_OUT);
	cr_expect_eq(env->zygote, NULL, "its zygote is not used again");
	end_with(load, SIGKILL);
	cr_expect_eq(told, 1);
}

/* The zygote of two loads is given up because of one; returns the other load. */
static struct load *lose_one_of_two(void) {
	cr_assert_eq(start(&attempts[0]), 0);
	cr_assert_eq(start(&attempts[1]), 0);
	struct load *one = attempts[0].load, *other = attempts[1].load;

	load_kill(one, JUDGEMENT_CAUSE_DEADLINE);
	zygotes->loads.on_stuck(zygotes->loads.context, one);
	run_loop();
	cr_expect_eq(zygotes_freed, 0, "the other load goes on");
	return other;
}

Test(loads, keep_no_zygote_whose_last_child_cannot_be_ended) {
	struct load *other = lose_one_of_two();

	load_kill(other, JUDGEMENT_CAUSE_DEADLINE);
	zygotes->loads.on_stuck(zygotes->loads.context, other);
	run_loop();
	cr_expect_eq(zygotes_freed, 1);
}

Test(loads, keep_no_zygote_that_was_given_up_and_could_not_fork) {
	struct load *other = lose_one_of_two();

	zygotes->on_not_forked(zygotes->context, other, EAGAIN);
	LIST_REMOVE(other, link);
	load_free(other);
	run_loop();
	cr_expect_eq(zygotes_freed, 1);
}

Test(loads, have_a_trace_made_by_a_child_of_its_own) {
	cr_assert_eq(start(&attempts[0]), 0);
	load_well(attempts[0].load);
	loads_prepare(loads, 0);
	attempts[1].traces = true;
	cr_assert_eq(start(&attempts[1]), 0);
	cr_expect_eq(forks, 3);
	cr_expect_not_null(attempts[1].load->trace);
	close(ends[1]);
	end_with(attempts[1].load, 0);
	cr_expect_eq(outcome, LOAD_TRACED);
}

Test(loads, share_an_environment_of_the_same_settings) {
	const struct strv nothing = {0};
	char dir[] = "/opt/x", *dirs[] = {dir};
	const struct strv other = {dirs, 1};
	struct env *same, *another;

	cr_assert_eq(
		loads_get_env(loads, &loader, &nothing, &request, LOADS_USER_CALL, NULL, &same), 0);
	cr_expect_eq(same, env);
	cr_assert_eq(
		loads_get_env(loads, &loader, &other, &request, LOADS_USER_CALL, NULL, &another),
		0);
	cr_expect_neq(another, env);
	loads_put_env(loads, another);
	loads_put_env(loads, same);
}

Test(loads, let_go_of_what_is_kept_for_later) {
	cr_assert_eq(start(&attempts[0]), 0);
	load_well(attempts[0].load);
	loads_prepare(loads, 0);
	cr_expect_eq(spares_count(last), 1);
	loads_make_room(loads);
	cr_expect_eq(spares_count(last), 0);
	cr_expect_eq(zygotes_freed, 0, "its environment is in use");
	loads_put_env(loads, env);
	loads_make_room(loads);
	run_loop();
	cr_expect_eq(zygotes_freed, 1);
}

Test(loads, free_no_environment_in_the_stack_of_who_gives_it_back) {
	cr_assert_eq(start(&attempts[0]), 0);
	load_well(attempts[0].load);
	env->stale = true;
	loads_put_env(loads, env);
	cr_expect_eq(env->refs, 0, "it is still there");
	run_loop();
	cr_expect_eq(zygotes_freed, 1);
}

Test(loads, count_what_runs) {
	struct loads_figures figures;

	cr_assert_eq(start(&attempts[0]), 0);
	loads_get_figures(loads, &figures);
	cr_expect_eq(figures.fast, 1);
	cr_expect_eq(figures.busy, 1);
	cr_expect_eq(figures.parallel, 2);
	cr_expect_eq(figures.zygotes, 1);
}
