/* SPDX-License-Identifier: MIT */
#include "hostfinder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "hostmessage.h"
#include "lookerproc.h"

/* The test itself is the processes: their ends of the sockets, in the order of their start. */
static int ends[8];
static size_t ends_count;
static bool is_without_processes, is_runnable;

int __wrap_lookerproc_start(const char *argument, pid_t *ret_pid);
bool __wrap_lookerproc_is_runnable(pid_t pid);

int __wrap_lookerproc_start(const char *argument, pid_t *ret_pid) {
	int pair[2];

	cr_assert_str_eq(argument, "--find-hosts");
	if (is_without_processes)
		return -EAGAIN;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	cr_assert_eq(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
	ends[ends_count++] = pair[1];
	*ret_pid = 1;
	return pair[0];
}

bool __wrap_lookerproc_is_runnable(pid_t pid) {
	cr_assert_eq(pid, 1);
	return is_runnable;
}

static struct event_base *base;
static struct hostfinder *finder;
static struct strv names;

struct told {
	size_t times;
	struct hostfinding finding;
};

static void set_up(void) {
	base = event_base_new();
	finder = hostfinder_new(base);
	cr_assert_not_null(finder);
	strv_add(&names, "name");
}

static void tear_down(void) {
	hostfinder_free(finder);
	event_base_free(base);
	for (size_t i = 0; i < ends_count; i++)
		close(ends[i]);
	strv_fini(&names);
}

TestSuite(hostfinder, .init = set_up, .fini = tear_down);

static void on_done(void *context, struct hostfinding *finding) {
	struct told *told = context;

	told->times++;
	told->finding = *finding;
}

static struct hostasking *ask(const char *plugin, struct told *told) {
	const struct hostquery query = {
		.kind = HOSTQUERY_PROGRAMS, .plugin = plugin, .names = &names};
	struct hostasking *asking;

	cr_assert_eq(hostfinder_ask(finder, &query, on_done, told, &asking), 0);
	cr_assert_eq(told->times, 0, "only the loop tells");
	return asking;
}

static void run_loop(void) {
	for (int i = 0; i < 5; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* Runs the loop until 'told' was told, and returns how many milliseconds that took. */
static uint64_t wait_for(const struct told *told) {
	uint64_t start_ms = clock_now_ms();

	while (told->times == 0)
		event_base_loop(base, EVLOOP_ONCE);
	return clock_now_ms() - start_ms;
}

/* The plugin that process 'index' is asked about, or "" if it is not; its question's number. */
static const char *read_question(size_t index, uint32_t *ret_number) {
	static char bytes[HOSTMESSAGE_MAX], plugin[256];
	struct hostmessage_query read;

	ssize_t length = recv(ends[index], bytes, sizeof(bytes), MSG_DONTWAIT);
	if (length <= 0)
		return "";
	cr_assert_eq(hostmessage_to_query(bytes, (size_t)length, ret_number, &read), 0);
	snprintf(plugin, sizeof(plugin), "%s", read.query.plugin);
	hostmessage_query_fini(&read);
	return plugin;
}

/* Answers for process 'index', with a candidate of this name. */
static void answer(size_t index, uint32_t number, const char *name) {
	struct hostfinding finding = {.is_complete = true};
	struct hostmessage message;

	hostfinding_add(&finding, name, "/program", true);
	cr_assert_eq(hostmessage_from_finding(number, &finding, &message), 0);
	cr_assert_gt(send(ends[index], message.bytes, message.size, 0), 0);
	free(message.bytes);
	hostfinding_fini(&finding);
}

static void expect_answer(struct told *told, const char *name) {
	cr_assert_eq(told->times, 1);
	cr_expect(told->finding.is_complete);
	cr_assert_eq(told->finding.candidates_count, 1);
	cr_expect_str_eq(told->finding.candidates[0].name, name);
	hostfinding_fini(&told->finding);
}

static void expect_none(const struct told *told) {
	cr_assert_eq(told->times, 1);
	cr_expect(!told->finding.is_complete);
	cr_expect_eq(told->finding.candidates_count, 0);
}

Test(hostfinder, one_process_answers_one_question_after_the_other) {
	struct told first = {0}, second = {0};
	uint32_t number;

	ask("/a", &first);
	ask("/b", &second);
	cr_assert_eq(ends_count, 1);
	cr_expect_str_eq(read_question(0, &number), "/a");
	cr_expect_str_eq(read_question(0, &number), "", "it has one at a time");
	answer(0, number, "A");
	run_loop();
	expect_answer(&first, "A");
	cr_expect_eq(second.times, 0);
	cr_expect_str_eq(read_question(0, &number), "/b");
	answer(0, number, "B");
	run_loop();
	expect_answer(&second, "B");
	cr_expect_eq(ends_count, 1);
}

Test(hostfinder, a_process_that_dies_takes_one_question_with_it) {
	struct told first = {0}, second = {0};
	uint32_t number;

	ask("/a", &first);
	ask("/b", &second);
	close(ends[0]);
	ends[0] = -1;
	run_loop();
	expect_none(&first);
	cr_assert_eq(ends_count, 2);
	cr_expect_str_eq(read_question(1, &number), "/b");
	answer(1, number, "B");
	run_loop();
	expect_answer(&second, "B");
}

Test(hostfinder, nonsense_is_no_answer) {
	struct told told = {0};

	ask("/a", &told);
	cr_assert_eq(send(ends[0], "nonsense", 8, 0), 8);
	run_loop();
	expect_none(&told);
}

Test(hostfinder, silence_is_told_after_two_seconds_and_others_get_another_process) {
	struct told first = {0}, second = {0}, third = {0};
	uint32_t number, late_number;

	ask("/a", &first);
	cr_expect_str_eq(read_question(0, &late_number), "/a");
	cr_expect_geq(wait_for(&first), 1900);
	expect_none(&first);
	ask("/b", &second);
	cr_assert_eq(ends_count, 2);
	cr_expect_str_eq(read_question(1, &number), "/b");
	answer(1, number, "B");
	run_loop();
	expect_answer(&second, "B");
	/* What comes late is for nobody, but whoever answers can be asked again. */
	answer(0, late_number, "A");
	run_loop();
	ask("/c", &third);
	cr_expect_eq(ends_count, 2);
	cr_expect_eq(first.times, 1);
	size_t index = strcmp(read_question(0, &number), "/c") == 0 ? 0 : 1;
	if (index == 1)
		cr_assert_str_eq(read_question(1, &number), "/c");
	answer(index, number, "C");
	run_loop();
	expect_answer(&third, "C");
}

Test(hostfinder, who_waits_for_a_processor_has_more_time) {
	struct told told = {0};
	uint32_t number;

	is_runnable = true;
	ask("/a", &told);
	cr_expect_str_eq(read_question(0, &number), "/a");
	for (uint64_t start_ms = clock_now_ms(); clock_now_ms() - start_ms < 2500;)
		event_base_loop(base, EVLOOP_ONCE);
	cr_expect_eq(told.times, 0);
	answer(0, number, "A");
	run_loop();
	expect_answer(&told, "A");
}

Test(hostfinder, where_no_process_answers_nobody_waits) {
	struct told told[3] = {{0}}, last = {0};

	for (size_t i = 0; i < 3; i++) {
		struct hostasking *asking = ask("/a", &told[i]);

		/* Nobody waits any more for what that process is at. */
		hostfinder_forget(finder, asking);
	}
	cr_expect_eq(ends_count, 3);
	ask("/b", &last);
	cr_expect_lt(wait_for(&last), 1000);
	expect_none(&last);
	cr_expect_eq(ends_count, 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect_eq(told[i].times, 0);
}

Test(hostfinder, without_processes_there_is_no_answer) {
	struct told told = {0};

	is_without_processes = true;
	ask("/a", &told);
	run_loop();
	expect_none(&told);
}

Test(hostfinder, what_is_forgotten_is_told_to_nobody) {
	struct told first = {0}, second = {0};
	uint32_t number;

	struct hostasking *asking = ask("/a", &first);
	struct hostasking *waiting = ask("/b", &second);
	cr_expect_str_eq(read_question(0, &number), "/a");
	answer(0, number, "A");
	hostfinder_forget(finder, waiting);
	hostfinder_forget(finder, asking);
	run_loop();
	cr_expect_eq(first.times + second.times, 0);
}

Test(hostfinder, idle_processes_are_kept_for_a_while) {
	struct told told = {0};
	uint32_t number;
	char byte;

	ask("/a", &told);
	(void)read_question(0, &number);
	answer(0, number, "A");
	run_loop();
	expect_answer(&told, "A");
	hostfinder_trim(finder);
	cr_expect_lt(recv(ends[0], &byte, 1, MSG_DONTWAIT), 0, "it is still there");
	finder = hostfinder_free(finder);
	cr_expect_eq(recv(ends[0], &byte, 1, MSG_DONTWAIT), 0);
}
