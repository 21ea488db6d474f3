/* SPDX-License-Identifier: MIT */
/* A connection, with methods and calls that are made up here. */
#include <criterion/criterion.h>
#include <dltest/protocol.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "activity.h"
#include "method.h"
#include "peer.h"
#include "varlink.h"

/* --- Methods and calls made up ----------------------------------------------------------- */

static char seen[200];		    /* the names of the methods that were called */
static struct method_caller caller; /* of the last one */
static enum call_ready ready;	    /* of the present call */
static size_t freed, pauses, resumes, final_after, taken, reply_size, beats;

int method_run(const struct method_context *context, const struct varlink_message *message,
	const struct method_caller *given, struct method_answer *ret_answer) {
	const char *name = varlink_message_method(message);

	(void)context;
	caller = *given;
	strcat(strcat(seen, name), " ");
	*ret_answer = (struct method_answer){0};
	if (strcmp(name, "fail") == 0)
		return -ENOMEM;
	if (strcmp(name, "call") == 0)
		ret_answer->call = (struct call *)&taken;
	else
		ret_answer->text = strdup("{}");
	ret_answer->stops = strcmp(name, "stop") == 0;
	return 0;
}

struct call *call_free(struct call *call) {
	freed += call != NULL;
	return NULL;
}

enum call_ready call_get_ready(const struct call *call) {
	cr_assert_not_null(call);
	return ready;
}

int call_take_reply(struct call *call, char **ret_text, bool *ret_final) {
	char *text = calloc(1, reply_size + 1);

	cr_assert_not_null(call);
	memset(text, 'r', reply_size);
	taken++;
	*ret_text = text;
	*ret_final = taken == final_after;
	if (ready == CALL_FEW)
		ready = CALL_NOTHING;
	return 0;
}

int call_make_beat(const struct call *call, char **ret_text) {
	cr_assert_not_null(call);
	beats++;
	*ret_text = strdup("b");
	return 0;
}

void call_pause(struct call *call) {
	(void)call;
	pauses++;
}

void call_resume(struct call *call) {
	(void)call;
	resumes++;
}

/* --- The world --------------------------------------------------------------------------- */

static struct event_base *base;
static struct activity activity;
static struct peer_config config;
static struct peer *peer;
static int client;
static size_t closed, stops;

static void on_closed(void *context, struct peer *over) {
	(void)context;
	cr_assert_eq(over, peer);
	closed++;
}

static void on_stop(void *context) {
	(void)context;
	stops++;
}

static void set_up(void) {
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	client = pair[1];
	base = event_base_new();
	config = (struct peer_config){
		.base = base, .activity = &activity, .on_closed = on_closed, .on_stop = on_stop};
	cr_assert_eq(peer_new(&config, pair[0], &peer), 0);
	final_after = 1;
	reply_size = 5;
}

static void tear_down(void) {
	peer_free(peer);
	cr_expect_eq(activity.clients, 0);
	cr_expect_eq(activity.calls, 0);
	close(client);
	event_base_free(base);
}

TestSuite(peer, .init = set_up, .fini = tear_down);

static void run_loop(void) {
	for (int i = 0; i < 10; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static void say(const char *method) {
	char text[100];

	int length = snprintf(text, sizeof(text), "{\"method\":\"%s\"}", method);
	cr_assert_eq(write(client, text, (size_t)length + 1), length + 1);
}

/* How many bytes have come. */
static size_t receive(void) {
	static char bytes[1 << 20];
	size_t sum = 0;
	ssize_t length;

	while ((length = read(client, bytes, sizeof(bytes))) > 0)
		sum += (size_t)length;
	return sum;
}

/* --- Tests ------------------------------------------------------------------------------- */

Test(peer, carries_out_one_message_after_the_other) {
	say("one");
	say("two");
	run_loop();
	cr_expect_str_eq(seen, "one two ");
	cr_expect_eq(receive(), 2 * sizeof("{}"));
	cr_expect_eq(activity.clients, 1);
}

Test(peer, takes_no_message_while_a_call_is_answered) {
	say("call");
	say("two");
	run_loop();
	cr_expect_str_eq(seen, "call ");
	cr_expect_eq(activity.calls, 1);
	cr_expect(peer_is_busy(peer));
	ready = CALL_ENOUGH;
	caller.on_ready(caller.context, ready);
	cr_expect_eq(taken, 0, "nothing is taken in the call's own stack");
	run_loop();
	cr_expect_eq(freed, 1);
	cr_expect_str_eq(seen, "call two ");
	cr_expect_eq(receive(), 6 + sizeof("{}"));
}

Test(peer, lets_few_results_wait_a_moment) {
	final_after = 2;
	say("call");
	run_loop();
	ready = CALL_FEW;
	caller.on_ready(caller.context, ready);
	event_base_loop(base, EVLOOP_NONBLOCK);
	cr_expect_eq(taken, 0);
	usleep(20000);
	run_loop();
	cr_expect_eq(taken, 1);
	ready = CALL_ENOUGH;
	caller.on_ready(caller.context, ready);
	run_loop();
	cr_expect_eq(taken, 2);
}

Test(peer, tells_a_client_that_hears_nothing_for_a_while_that_it_is_there) {
	const unsigned half_us = (DLTEST_BEAT_MS / 2 + 100) * 1000;

	final_after = 2;
	say("call");
	run_loop();
	usleep(half_us);
	ready = CALL_FEW;
	caller.on_ready(caller.context, ready);
	run_loop();
	usleep(20000);
	run_loop();
	cr_expect_eq(receive(), 6);
	usleep(half_us);
	run_loop();
	cr_expect_eq(beats, 0, "it counts from the last word");
	usleep(half_us);
	run_loop();
	cr_expect_eq(beats, 1);
	cr_expect_eq(receive(), 2);
	ready = CALL_ENOUGH;
	caller.on_ready(caller.context, ready);
	run_loop();
	cr_expect_eq(freed, 1);
}

Test(peer, has_the_call_wait_for_a_client_that_does_not_read) {
	final_after = 100;
	reply_size = 300000;
	say("call");
	run_loop();
	ready = CALL_ENOUGH;
	caller.on_ready(caller.context, ready);
	run_loop();
	cr_expect_geq(taken, 1);
	cr_expect_lt(taken, 100);
	cr_expect_eq(pauses, 1);
	for (int i = 0; i < 1000 && freed == 0; i++) {
		receive();
		run_loop();
	}
	cr_expect_eq(taken, 100);
	cr_expect_geq(resumes, 1);
	cr_expect_eq(freed, 1);
}

Test(peer, ends_its_call_when_the_client_has_gone) {
	say("call");
	run_loop();
	shutdown(client, SHUT_RDWR);
	run_loop();
	cr_expect_eq(closed, 1);
	cr_expect_not(peer_is_busy(peer));
}

Test(peer, answers_a_client_that_has_said_all) {
	say("call");
	shutdown(client, SHUT_WR);
	run_loop();
	cr_expect_eq(closed, 0);
	ready = CALL_ENOUGH;
	caller.on_ready(caller.context, ready);
	run_loop();
	cr_expect_eq(receive(), 6);
	cr_expect_eq(closed, 1);
}

Test(peer, closes_on_what_is_no_message) {
	cr_assert_eq(write(client, "{}", 3), 3);
	run_loop();
	cr_expect_eq(closed, 1);
	cr_expect_eq(seen[0], '\0');
}

Test(peer, closes_on_a_message_that_is_too_long) {
	static char many[65536];

	memset(many, 'x', sizeof(many));
	for (size_t sent = 0; sent <= DLTEST_REQUEST_MAX && !closed;) {
		ssize_t length = write(client, many, sizeof(many));

		sent += length > 0 ? (size_t)length : 0;
		run_loop();
	}
	cr_expect_eq(closed, 1);
}

Test(peer, closes_when_a_method_fails) {
	say("fail");
	run_loop();
	cr_expect_eq(closed, 1);
}

Test(peer, tells_of_a_client_that_wants_the_end) {
	say("stop");
	say("after");
	run_loop();
	cr_expect_eq(stops, 1);
	cr_expect(peer_asked_to_stop(peer));
	cr_expect_str_eq(seen, "stop ", "nothing is taken after that");
	cr_expect_eq(receive(), sizeof("{}"));
	cr_expect_eq(closed, 1);
}

Test(peer, finishes_its_call_before_it_is_drained) {
	say("call");
	run_loop();
	peer_drain(peer);
	run_loop();
	cr_expect_eq(closed, 0);
	ready = CALL_ENOUGH;
	caller.on_ready(caller.context, ready);
	run_loop();
	cr_expect_eq(closed, 1);
}

Test(peer, writes_no_reply_to_who_wants_none) {
	static const char text[] = "{\"method\":\"one\",\"oneway\":true}";

	cr_assert_eq(write(client, text, sizeof(text)), sizeof(text));
	run_loop();
	cr_expect_str_eq(seen, "one ");
	cr_expect_eq(receive(), 0);
	cr_expect_eq(closed, 0);
}
