/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "activity.h"
#include "clock.h"
#include "lobby.h"

#define MOST 4

static struct event_base *base;
static struct activity activity;
static struct lobby *lobby;
static int ours[MOST], theirs[MOST];
static unsigned told;

static void on_ready(void *context) {
	(void)context;
	told++;
}

static void set_up(void) {
	base = event_base_new();
	const struct lobby_config config = {
		.base = base, .activity = &activity, .most = MOST, .on_ready = on_ready};
	cr_assert_eq(lobby_new(&config, &lobby), 0);
	for (int i = 0; i < MOST; i++) {
		int pair[2];

		cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		theirs[i] = pair[0];
		ours[i] = pair[1];
	}
}

static void tear_down(void) {
	lobby_free(lobby);
	cr_expect_eq(activity.clients, 0);
	event_base_free(base);
}

TestSuite(lobby, .init = set_up, .fini = tear_down);

static void add_all(void) {
	for (int i = 0; i < MOST; i++)
		cr_assert_eq(lobby_add(lobby, theirs[i]), 0);
}

static void say(int guest) {
	cr_assert_eq(write(ours[guest], "x", 1), 1);
}

static void run_loop(void) {
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static bool is_open(int guest) {
	char byte;

	return recv(ours[guest], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

Test(lobby, gives_away_who_has_spoken_first) {
	add_all();
	cr_expect(lobby_is_full(lobby));
	cr_expect_eq(lobby_take_ready(lobby), -1);
	say(2);
	run_loop();
	say(0);
	run_loop();
	cr_expect_eq(told, 2);
	cr_expect_eq(lobby_count_ready(lobby), 2);
	cr_expect_eq(lobby_take_ready(lobby), theirs[2]);
	cr_expect_eq(lobby_take_ready(lobby), theirs[0]);
	cr_expect_eq(lobby_take_ready(lobby), -1);
	cr_expect_eq(lobby_count(lobby), MOST - 2);
	cr_expect_not(lobby_is_full(lobby));
}

Test(lobby, knows_at_once_who_has_spoken_before) {
	say(1);
	add_all();
	cr_expect_eq(told, 1);
	cr_expect_eq(lobby_take_ready(lobby), theirs[1]);
}

Test(lobby, takes_the_end_for_something_said) {
	add_all();
	close(ours[3]);
	run_loop();
	cr_expect_eq(lobby_take_ready(lobby), theirs[3]);
}

Test(lobby, sends_the_first_ones_away_that_say_nothing) {
	add_all();
	say(1);
	run_loop();
	say(0); /* the loop has not heard of it */
	lobby_dismiss(lobby, clock_now_ms(), 3);
	cr_expect(is_open(0));
	cr_expect(!is_open(2));
	cr_expect(is_open(3));
	lobby_dismiss(lobby, clock_now_ms() - 1000, 0);
	cr_expect(is_open(3), "it has just come");
	lobby_dismiss(lobby, clock_now_ms(), 0);
	cr_expect(!is_open(3));
	cr_expect_eq(lobby_count(lobby), 2);
	lobby_clear(lobby);
	cr_expect(!is_open(1));
	cr_expect_eq(lobby_count(lobby), 0);
}
