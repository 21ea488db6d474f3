/* SPDX-License-Identifier: MIT */
/* Many connections and room for three, and two silent ones, with methods and calls that are made up
 * here. */
#include <criterion/criterion.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "activity.h"
#include "method.h"
#include "peers.h"

#define MOST   3
#define SILENT 2
/* Longer than it takes to be idle. */
#define WHILE_US 150000

/* --- Methods and calls made up ----------------------------------------------------------- */

int method_run(const struct method_context *context, const struct varlink_message *message,
	const struct method_caller *given, struct method_answer *ret_answer) {
	static int call;

	(void)context, (void)message, (void)given;
	*ret_answer = (struct method_answer){.call = (struct call *)&call};
	return 0;
}

struct call *call_free(struct call *call) {
	(void)call;
	return NULL;
}

enum call_ready call_get_ready(const struct call *call) {
	(void)call;
	return CALL_NOTHING;
}

int call_take_reply(struct call *call, char **ret_text, bool *ret_final) {
	(void)call, (void)ret_text, (void)ret_final;
	return -ENOMEM;
}

int call_make_beat(const struct call *call, char **ret_text) {
	(void)call;
	*ret_text = NULL;
	return 0;
}

void call_pause(struct call *call) {
	(void)call;
}

void call_resume(struct call *call) {
	(void)call;
}

/* --- The world --------------------------------------------------------------------------- */

static struct event_base *base;
static struct activity activity;
static struct peers *peers;
static int clients[16];
static size_t count, sweeps_due;

static void on_sweep_due(void *context) {
	(void)context;
	sweeps_due++;
}

static void set_up(void) {
	base = event_base_new();
	const struct peers_config config = {.base = base,
		.activity = &activity,
		.most = MOST,
		.most_silent = SILENT,
		.on_sweep_due = on_sweep_due};
	cr_assert_eq(peers_new(&config, &peers), 0);
}

static void tear_down(void) {
	peers_free(peers);
	cr_expect_eq(activity.clients, 0);
	for (size_t i = 0; i < count; i++)
		close(clients[i]);
	event_base_free(base);
}

TestSuite(peers, .init = set_up, .fini = tear_down);

/* Somebody comes; each is a little older than the next. */
static size_t come(void) {
	int pair[2];

	usleep(2000);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	clients[count] = pair[1];
	cr_assert_eq(peers_add(peers, pair[0]), 0);
	return count++;
}

static void come_all(void) {
	for (int i = 0; i < MOST; i++)
		come();
}

static void say(int fd) {
	static const char text[] = "{\"method\":\"a.b\"}";

	cr_assert_eq(write(fd, text, sizeof(text)), (ssize_t)sizeof(text));
}

/* Somebody comes who has made a call by the time that it is accepted. */
static size_t come_with_call(void) {
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	say(pair[1]);
	clients[count] = pair[1];
	cr_assert_eq(peers_add(peers, pair[0]), 0);
	return count++;
}

static void run_loop(void) {
	for (int i = 0; i < 10; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* libevent closes what it frees when its loop runs. */
static void sweep(void) {
	sweeps_due = 0;
	peers_sweep(peers);
	run_loop();
}

static void call(size_t client) {
	say(clients[client]);
}

static bool is_open(size_t client) {
	char byte;

	return recv(clients[client], &byte, 1, MSG_DONTWAIT) < 0;
}

static size_t count_open(void) {
	size_t open = 0;

	for (size_t i = 0; i < count; i++)
		open += is_open(i);
	return open;
}

Test(peers, are_full_at_their_bound) {
	for (int i = 0; i < MOST + SILENT; i++) {
		cr_expect(!peers_is_full(peers));
		come();
	}
	cr_expect(peers_is_full(peers));
	cr_expect_eq(activity.clients, MOST + SILENT);
}

Test(peers, who_has_just_come_may_still_speak) {
	come_all();
	come_with_call();
	sweep();
	cr_expect_eq(sweeps_due, 0);
	cr_expect_eq(count_open(), MOST + 1);
	/* When somebody has been silent for long enough it is seen to again. */
	usleep(WHILE_US);
	run_loop();
	cr_expect_eq(sweeps_due, 1);
}

Test(peers, who_has_been_idle_for_longest_goes) {
	come_all();
	usleep(WHILE_US);
	size_t caller = come_with_call();
	cr_expect_eq(sweeps_due, 1);
	sweep();
	cr_expect_eq(sweeps_due, 1);
	sweep();
	cr_expect(!is_open(0));
	cr_expect(is_open(caller));
	cr_expect_eq(activity.calls, 1);
	cr_expect_eq(count_open(), MOST);
	/* Nobody waits, and nobody else need go. */
	sweep();
	cr_expect_eq(count_open(), MOST);
}

Test(peers, as_many_go_as_want_room) {
	come_all();
	usleep(WHILE_US);
	for (int i = 0; i < SILENT; i++)
		come_with_call();
	sweep();
	sweep();
	cr_expect_eq(activity.calls, SILENT);
	cr_expect_eq(count_open(), MOST);
	cr_expect(is_open(MOST - 1));
}

Test(peers, nobody_goes_while_there_is_room) {
	come();
	usleep(WHILE_US);
	come_with_call();
	sweep();
	cr_expect_eq(count_open(), 2);
}

Test(peers, who_says_nothing_costs_nobody_a_place) {
	come_all();
	for (int i = 0; i < SILENT; i++)
		come();
	usleep(WHILE_US);
	for (size_t i = 0; i < MOST; i++)
		call(i);
	run_loop();
	cr_expect_eq(activity.calls, MOST);
	/* They wait for each other only when there is no room to wait in. */
	sweep();
	cr_expect(!peers_is_full(peers));
	cr_expect_eq(count_open(), MOST + SILENT / 2);
	cr_expect(!is_open(MOST), "the first one to come");
}

Test(peers, who_waits_is_let_in_when_it_speaks) {
	come_all();
	size_t silent = come();
	usleep(WHILE_US);
	sweep();
	cr_expect_eq(count_open(), MOST + 1);
	call(silent);
	sweeps_due = 0;
	run_loop();
	cr_expect_eq(sweeps_due, 1);
	sweep();
	sweep();
	cr_expect_eq(activity.calls, 1);
	cr_expect_eq(count_open(), MOST);
}

Test(peers, who_waits_is_sent_away_at_the_end) {
	come_all();
	size_t silent = come();
	peers_drain(peers);
	cr_expect(!is_open(silent));
	cr_expect_eq(activity.clients, MOST);
	activity.draining = true;
	size_t late = come();
	sweep();
	sweep();
	cr_expect(!is_open(late));
}

Test(peers, whose_call_is_being_answered_stays) {
	come_all();
	call(0);
	run_loop();
	cr_expect_eq(activity.calls, 1);
	usleep(WHILE_US);
	come_with_call();
	sweep();
	sweep();
	cr_expect(is_open(0));
	cr_expect(!is_open(1));
}

Test(peers, what_has_been_said_and_not_been_read_counts) {
	come_all();
	usleep(WHILE_US);
	call(0);
	come_with_call();
	peers_sweep(peers);
	sweep();
	cr_expect(is_open(0));
	cr_expect(!is_open(1));
}

Test(peers, a_part_of_a_message_is_nothing) {
	come_all();
	cr_assert_eq(write(clients[0], "{", 1), 1);
	run_loop();
	usleep(WHILE_US);
	cr_assert_eq(write(clients[0], "\"", 1), 1);
	run_loop();
	come_with_call();
	sweep();
	sweep();
	cr_expect(!is_open(0));
}

Test(peers, all_at_work_are_not_disturbed) {
	come_all();
	for (size_t i = 0; i < MOST; i++)
		call(i);
	run_loop();
	usleep(WHILE_US);
	come_with_call();
	sweep();
	cr_expect_eq(count_open(), MOST + 1);
	cr_expect(peers_is_busy(peers));
}
