/* SPDX-License-Identifier: MIT */
/* The states of a load, with children that are made up here. */
#include <criterion/criterion.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dltest/protocol.h>

#include "attempt.h"
#include "childproc.h"
#include "load.h"
#include "loader_abi.h"
#include "request.h"
#include "verdict.h"

/* --- Children made up -------------------------------------------------------------------- */

static unsigned kills, looks;
static int kill_answer, look_answer;
static struct childproc_usage usage;
static uint64_t waits_more_us; /* from one look to the next */
static bool zygote_is_runnable;

int childproc_kill(pid_t pid, pid_t parent) {
	cr_assert_eq(pid, 4711);
	cr_assert_eq(parent, 42);
	kills++;
	return kill_answer;
}

/* By default the child does not answer. */
static int signal_answer = -ESRCH;
static int asked;

int childproc_signal(pid_t pid, pid_t parent, int signal) {
	cr_assert_eq(pid, 4711);
	cr_assert_eq(parent, 42);
	asked = signal;
	return signal_answer;
}

int childproc_look(pid_t pid, pid_t parent, struct childproc_usage *ret_usage) {
	cr_assert_eq(pid, 4711);
	cr_assert_eq(parent, 42);
	looks++;
	usage.delay_us += waits_more_us;
	*ret_usage = usage;
	return look_answer;
}

bool childproc_is_runnable(pid_t pid) {
	return pid == 42 && zygote_is_runnable;
}

uint64_t childproc_own_delay_us(void) {
	return 0;
}

/* --- The world --------------------------------------------------------------------------- */

static struct event_base *base;
static struct load *load;
static int ends[2]; /* the child's channel and output */
static struct request request;
static struct question question = {"/lib.so", &request};
static struct attempt attempt = {.question = &question, .path = "/lib.so", .timeout_ms = 200};
static unsigned places, slows, stucks;

static void on_place(void *context, struct load *about) {
	cr_assert_eq(context, &places);
	cr_assert_eq(about, load);
	places++;
}

static void on_slow(void *context, struct load *about) {
	(void)context;
	(void)about;
	slows++;
}

static void on_looked(void *context, struct load *about) {
	(void)context, (void)about;
}

static void on_stuck(void *context, struct load *about) {
	(void)context;
	stucks++;
	about->state = LOAD_LOST;
}

static const struct load_events events = {
	on_place, on_slow, on_looked, on_stuck, &places, NULL, NULL};

static void set_up(void) {
	base = event_base_new();
	cr_assert_eq(load_new(base, LOAD_PLAIN, &events, &load, ends), 0);
	load->parent = 42;
}

static void tear_down(void) {
	load_free(load);
	close(ends[0]);
	event_base_free(base);
}

TestSuite(load, .init = set_up, .fini = tear_down);

static void say_hello(void) {
	const struct loader_hello hello = {LOADER_MAGIC_HELLO, 4711};

	cr_assert_eq(write(ends[0], &hello, sizeof(hello)), sizeof(hello));
}

/* Runs the loop until 'done' is true, which takes some milliseconds. */
static void run_until(const unsigned *count, unsigned at_least) {
	for (int i = 0; i < 1000 && *count < at_least; i++)
		event_base_loop(base, EVLOOP_ONCE);
	cr_assert_geq(*count, at_least);
}

/* --- Tests ------------------------------------------------------------------------------- */

Test(load, begins_as_a_spare) {
	cr_expect_eq(load->state, LOAD_SPARE);
	cr_expect_eq(load->output, -1, "of a plain one nobody reads what it prints");
	cr_expect_not(load_is_at_work(load));
	load_kill(load, JUDGEMENT_CAUSE_DEADLINE);
	cr_expect_eq(load->state, LOAD_SPARE, "nothing runs in it");
}

Test(load, hands_its_job_over) {
	struct loader_job job;
	char text[32];

	cr_assert_eq(load_assign(load, &attempt), 0);
	cr_expect_eq(load->state, LOAD_RUNNING);
	cr_expect_eq(attempt.load, load);
	cr_expect_eq(load->attempt, &attempt);
	cr_assert_eq(read(ends[0], &job, sizeof(job)), sizeof(job));
	cr_expect_eq(job.magic, LOADER_MAGIC_JOB);
	cr_expect_eq(job.preload_count, 0);
	cr_assert_eq(job.text_size, sizeof("/lib.so"));
	cr_assert_eq(read(ends[0], text, sizeof(text)), (ssize_t)job.text_size);
	cr_expect_str_eq(text, "/lib.so");
}

Test(load, refuses_more_paths_than_a_child_takes) {
	struct strv many = {0};

	for (int i = 0; i <= LOADER_PRELOAD_MAX; i++)
		cr_assert_eq(strv_add(&many, "/x"), 0);
	attempt.preload = &many;
	cr_expect_eq(load_assign(load, &attempt), -ENAMETOOLONG);
	cr_expect_eq(load->state, LOAD_SPARE);
	strv_fini(&many);
}

Test(load, tells_of_a_child_that_has_gone) {
	close(ends[0]);
	cr_expect_eq(load_assign(load, &attempt), -EPIPE);
	ends[0] = dup(0);
}

Test(load, becomes_slow_then_is_killed_at_its_deadline) {
	say_hello();
	load_assign(load, &attempt);
	run_until(&slows, 1);
	cr_expect_eq(load->state, LOAD_SLOW);
	cr_expect_eq(places, 0, "who has its place is for the loads to say");
	cr_expect_eq(kills, 0);
	run_until(&kills, 1);
	cr_expect_eq(slows, 1);
	cr_expect_eq(load->state, LOAD_ENDING);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_DEADLINE);
	cr_expect_geq(load_elapsed_us(load), 190 * 1000, "the loop counts in milliseconds");
	cr_expect_eq(places, 1);
}

Test(load, is_asked_where_it_is_before_it_is_killed) {
	attempt.timeout_ms = 10;
	signal_answer = 0;
	say_hello();
	load_assign(load, &attempt);
	run_until(&places, 1);
	cr_expect_eq(asked, LOADER_SIGNAL_HANG);
	cr_expect_eq(load->state, LOAD_ENDING);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_DEADLINE);
	cr_expect_eq(kills, 0, "it may answer, and end by itself");
	run_until(&kills, 1);
	cr_expect_eq(places, 1);
}

Test(load, with_a_short_time_is_never_slow) {
	attempt.timeout_ms = 10;
	say_hello();
	load_assign(load, &attempt);
	run_until(&kills, 1);
	cr_expect_eq(slows, 0);
	cr_expect_eq(places, 1);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_DEADLINE);
}

Test(load, has_time_until_it_has_had_it) {
	attempt.timeout_ms = 10;
	waits_more_us = 1000000;
	say_hello();
	load_assign(load, &attempt);
	run_until(&looks, 4);
	cr_expect_eq(kills, 0);
	cr_expect_eq(load->state, LOAD_SLOW);
	cr_expect_leq(load_own_us(load), 10000);
	waits_more_us = 0;
	run_until(&kills, 1);
}

Test(load, is_ended_when_it_has_too_much_memory) {
	usage.resident = DLTEST_MEMORY_MAX + 1;
	say_hello();
	load_assign(load, &attempt);
	run_until(&kills, 1);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_MEMORY);
}

/* What has ended has had no time too much, though nobody has told of it. */
Test(load, whose_end_is_not_told_is_not_blamed) {
	usage.ended = true;
	say_hello();
	load_assign(load, &attempt);
	run_until(&places, 1);
	cr_expect_eq(load->state, LOAD_ENDING);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_UNHEARD);
	load->grace_end_ms = 0;
	event_active(load->timer, EV_TIMEOUT, 0);
	run_until(&stucks, 1);
}

Test(load, that_cannot_be_seen_is_looked_at_again) {
	look_answer = -EAGAIN;
	attempt.timeout_ms = 10;
	say_hello();
	load_assign(load, &attempt);
	run_until(&looks, 3);
	cr_expect_eq(kills, 0);
	look_answer = 0;
	run_until(&kills, 1);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_DEADLINE);
}

Test(load, has_no_time_before_its_child_is_there) {
	attempt.timeout_ms = 10;
	load_assign(load, &attempt);
	for (int i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_ONCE);
	cr_expect_eq(load->state, LOAD_RUNNING);
	say_hello();
	run_until(&kills, 1);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_DEADLINE);
}

Test(load, gives_up_a_child_that_never_comes) {
	load_assign(load, &attempt);
	load->unheard_ms = 2000;
	event_active(load->timer, EV_TIMEOUT, 0);
	run_until(&places, 1);
	cr_expect_eq(load->state, LOAD_ENDING);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_UNHEARD);
}

Test(load, waits_for_a_zygote_that_waits_for_a_processor) {
	zygote_is_runnable = true;
	load_assign(load, &attempt);
	load->unheard_ms = 1990;
	event_active(load->timer, EV_TIMEOUT, 0);
	event_base_loop(base, EVLOOP_ONCE);
	cr_expect_eq(load->state, LOAD_RUNNING);
	say_hello();
	load_kill(load, JUDGEMENT_CAUSE_FLOOD);
	load->grace_end_ms = 0;
	event_active(load->timer, EV_TIMEOUT, 0);
	event_base_loop(base, EVLOOP_ONCE);
	cr_expect_eq(stucks, 0, "its end is told of as soon as it can be");
}

Test(load, is_killed_as_soon_as_its_child_says_who_it_is) {
	load_assign(load, &attempt);
	load_kill(load, JUDGEMENT_CAUSE_FLOOD);
	cr_expect_eq(load->state, LOAD_ENDING);
	cr_expect_eq(kills, 0);
	say_hello();
	load_learn_pid(load);
	cr_expect_eq(kills, 1, "whoever asked");
}

Test(load, looks_for_its_child_until_that_is_known) {
	load_assign(load, &attempt);
	load_kill(load, JUDGEMENT_CAUSE_FLOOD);
	for (int i = 0; i < 3; i++)
		event_base_loop(base, EVLOOP_ONCE);
	cr_expect_eq(kills, 0);
	say_hello();
	run_until(&kills, 1);
	cr_expect_eq(stucks, 0);
}

Test(load, is_killed_again_if_there_was_no_descriptor_for_it) {
	say_hello();
	load_assign(load, &attempt);
	load_learn_pid(load);
	kill_answer = -EAGAIN;
	load_kill(load, JUDGEMENT_CAUSE_FLOOD);
	cr_expect_eq(kills, 1);
	kill_answer = 0;
	run_until(&kills, 2);
}

Test(load, is_stuck_when_no_end_comes) {
	load_assign(load, &attempt);
	say_hello();
	load_kill(load, JUDGEMENT_CAUSE_FLOOD);
	cr_expect_eq(kills, 1);
	load->grace_end_ms = 0; /* in two seconds */
	event_active(load->timer, EV_TIMEOUT, 0);
	run_until(&stucks, 1);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_FLOOD);
}

Test(load, keeps_the_first_cause_of_its_end) {
	say_hello();
	load_assign(load, &attempt);
	load_kill(load, JUDGEMENT_CAUSE_FLOOD);
	load_kill(load, JUDGEMENT_CAUSE_DEADLINE);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_FLOOD);
	cr_expect_eq(kills, 1);
	cr_expect_eq(places, 1);
}

Test(load, knows_whether_its_job_was_read) {
	struct verdict verdict;

	load_assign(load, &attempt);
	close(ends[0]); /* with the job unread in it */
	ends[0] = dup(0);
	cr_expect_not(load_took_job(load));
	cr_expect_not(load_took_job(load), "it is said once, and kept");
	cr_assert_eq(load_judge(load, LOADER_EXIT_NO_JOB << 8, &verdict), 0);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NO_VERDICT);
	verdict_fini(&verdict);
}

Test(load, is_judged_by_what_its_child_reported) {
	const struct loader_report report = {
		.magic = LOADER_MAGIC_REPORT, .stage = LOADER_STAGE_CLOSED, .duration_ns = 7000};
	char job[64];
	struct verdict verdict;

	load_assign(load, &attempt);
	say_hello();
	cr_assert_gt(read(ends[0], job, sizeof(job)), 0);
	cr_assert_eq(write(ends[0], &report, sizeof(report)), sizeof(report));
	cr_assert_eq(load_judge(load, LOADER_EXIT_REPORTED << 8, &verdict), 0);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(verdict.duration_us, 7);
	cr_expect_eq(load->pid, 4711, "its greeting is no report");
	verdict_fini(&verdict);
}

Test(load, gives_up_a_child_whose_zygote_is_busy_for_ever) {
	zygote_is_runnable = true;
	load_assign(load, &attempt);
	for (int i = 0; i < 1001 && load->state == LOAD_RUNNING; i++) {
		event_active(load->timer, EV_TIMEOUT, 0);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	cr_expect_eq(load->state, LOAD_ENDING);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_UNHEARD);
}

Test(load, gives_up_what_cannot_be_seen_for_long) {
	look_answer = -EAGAIN;
	say_hello();
	load_assign(load, &attempt);
	load->blind_looks = 499;
	run_until(&places, 1);
	cr_expect_eq(load->cause, JUDGEMENT_CAUSE_UNHEARD);
}
