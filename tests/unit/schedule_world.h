/* SPDX-License-Identifier: MIT */
#pragma once

/* The schedule with loads and a memory that are made up, and two clients of it, for tests. */

#include <event2/event.h>
#include <stdio.h>

#include "account.h"
#include "fake_loads.h"
#include "loaders.h"
#include "schedule.h"

static struct event_base *base;
static struct schedule *schedule;
static struct request request;

/* A client with one batch, and what it was told. */
struct client {
	struct batch *batch;
	struct account account;
	size_t told[PATHS]; /* how often, by index */
	size_t order[PATHS], count;
	enum dltest_reason reason; /* of the last one */
	char error[120];
	bool cached;
	bool enough; /* true: each verdict makes it pause */
};

static struct client one, two;

static bool on_verdict(void *context, size_t index, struct verdict *verdict) {
	struct client *client = context;

	client->told[index]++;
	client->order[client->count++] = index;
	client->reason = verdict->reason;
	client->cached = verdict->cached;
	snprintf(client->error, sizeof(client->error), "%s", verdict->error ? verdict->error : "");
	verdict_fini(verdict);
	return !client->enough;
}

static void set_up(void) {
	base = event_base_new();
	cr_assert_eq(event_base_priority_init(base, 3), 0);
	request = (struct request){.timeout_ms = 1000};
	for (int i = 0; i < PATHS; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/lib%d.so", i);
		cr_assert_eq(strv_add(&request.paths, path), 0);
	}
	places = 2;
	static char program[] = "/loader", interpreter[] = "";
	static struct loaders loaders = {
		.of = {{.libc = LOADERS_GLIBC, .program = program, .can_run = true},
			{.libc = LOADERS_MUSL,
				.program = program,
				.interpreter = interpreter,
				.can_run = true}}};
	loaders.own = &loaders.of[LOADERS_GLIBC];
	const struct schedule_config given = {.base = base, .loaders = &loaders};
	cr_assert_eq(schedule_new(&given, &schedule), 0);
}

static void tear_down(void) {
	schedule_close(one.batch);
	schedule_close(two.batch);
	schedule_free(schedule);
	cr_expect_eq(the_env.refs, 0);
	cr_expect_eq(other_env.refs, 0);
	cr_expect_eq(musls_env.refs, 0);
	request_fini(&request);
	event_base_free(base);
}

static void run_loop(void) {
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static void open_batch(struct client *client, const struct request *asked) {
	const struct schedule_asker asker = {on_verdict, client, &client->account};

	cr_assert_eq(schedule_open(schedule, asked, &asker, &client->batch), 0);
}

static void ask(struct client *client, size_t first, size_t count) {
	if (!client->batch)
		open_batch(client, &request);
	for (size_t i = first; i < first + count; i++)
		schedule_ask(client->batch, i);
}

/* The oldest attempt ends as a load of that reason. */
static void end_with(enum dltest_reason reason) {
	struct attempt *attempt = at_work[0];
	struct verdict verdict = {.reason = reason};
	struct load_end end = {.outcome = LOAD_JUDGED, .verdict = &verdict};

	if (reason)
		cr_assert_eq(verdict_make(reason, "it was so", &verdict), 0);
	take_out(attempt);
	config.on_end(config.context, attempt, &end);
}
