/* SPDX-License-Identifier: MIT */
/* Jobs whose library is for the other C library. */
#include <criterion/criterion.h>
#include <string.h>

#include "schedule_world.h"

TestSuite(libcs, .init = set_up, .fini = tear_down);

/* The oldest attempt ends so, and says this of a C library. */
static void end_about(enum dltest_reason reason, const char *platform, const char *error) {
	struct attempt *attempt = at_work[0];
	struct verdict verdict;
	struct load_end end = {.outcome = LOAD_JUDGED, .verdict = &verdict};

	cr_assert_eq(verdict_make(reason, error, &verdict), 0);
	if (platform)
		verdict.platform = strdup(platform);
	take_out(attempt);
	config.on_end(config.context, attempt, &end);
	run_loop();
}

static void ask_one(void) {
	ask(&one, 0, 1);
	run_loop();
	cr_assert_eq(started, 1);
	cr_assert_eq(at_work[0]->env, &the_env);
}

Test(libcs, what_is_for_the_other_one_is_loaded_there) {
	ask_one();
	end_about(DLTEST_REASON_WRONG_PLATFORM, "musl", "/lib0.so: is for musl");
	cr_assert_eq(started, 2);
	cr_expect_eq(at_work[0]->env, &musls_env);
	cr_expect_eq(musls_env.refs, 1);
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_eq(one.told[0], 1);
	cr_expect_eq(one.reason, DLTEST_REASON_NONE);
	cr_expect_eq(musls_env.refs, 0);
	cr_expect_eq(the_env.refs, 1);
}

Test(libcs, it_is_given_back_by_who_goes_away) {
	ask_one();
	end_about(DLTEST_REASON_WRONG_PLATFORM, "musl", "/lib0.so: is for musl");
	schedule_close(one.batch);
	one.batch = NULL;
	cr_expect_eq(musls_env.refs, 0);
	cr_expect_eq(cancelled, 1);
}

Test(libcs, others_go_on_after_one_has_moved) {
	ask(&one, 0, 3);
	run_loop();
	end_about(DLTEST_REASON_WRONG_PLATFORM, "musl", "/lib0.so: is for musl");
	for (int i = 0; i < 3; i++) {
		end_with(DLTEST_REASON_NONE);
		run_loop();
	}
	cr_expect_eq(one.count, 3);
	cr_expect_eq(musls_env.refs, 0);
}

Test(libcs, what_neither_is_for_is_asked_of_the_first_again) {
	ask_one();
	struct verdict verdict;
	struct load_end end = {.outcome = LOAD_JUDGED, .verdict = &verdict};
	struct attempt *attempt = at_work[0];

	cr_assert_eq(
		verdict_make(DLTEST_REASON_MISSING_DEPENDENCY, "libc.so: not found", &verdict), 0);
	cr_assert_eq(strv_add(&verdict.missing, "libc.so"), 0);
	take_out(attempt);
	config.on_end(config.context, attempt, &end);
	run_loop();
	cr_assert_eq(at_work[0]->env, &musls_env);
	end_about(DLTEST_REASON_WRONG_PLATFORM, "glibc", "/lib0.so: is for glibc");
	cr_assert_eq(at_work[0]->env, &the_env);
	cr_expect_eq(musls_env.refs, 0);
	end_with(DLTEST_REASON_NONE);
	run_loop();
	cr_expect_eq(one.told[0], 1);
}

/* A dependency of the other C library's is told, and no reason to go back. */
Test(libcs, what_is_for_the_other_one_stays_there) {
	ask_one();
	end_about(DLTEST_REASON_WRONG_PLATFORM, "musl", "/lib0.so: is for musl");
	end_about(DLTEST_REASON_WRONG_PLATFORM, "glibc", "/lib0.so: /libx.so needs libc.so.6");
	cr_expect_eq(one.told[0], 1);
	cr_expect_str_eq(one.error, "/lib0.so: /libx.so needs libc.so.6");
	cr_expect_eq(started, 2);
}

Test(libcs, what_is_said_of_a_preload_moves_nothing) {
	ask_one();
	end_about(
		DLTEST_REASON_WRONG_PLATFORM, "musl", "/other.so (given with --with): is for musl");
	cr_expect_eq(one.told[0], 1);
	cr_expect_eq(started, 1);
}

Test(libcs, who_insists_gets_no_other) {
	request.libc = "glibc";
	ask_one();
	end_about(DLTEST_REASON_WRONG_PLATFORM, "musl", "/lib0.so: is for musl");
	cr_expect_eq(one.reason, DLTEST_REASON_WRONG_PLATFORM);
	cr_expect_eq(started, 1);
}
