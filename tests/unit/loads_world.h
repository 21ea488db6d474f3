/* SPDX-License-Identifier: MIT */
#pragma once

/* The world of the tests of loads: made-up zygotes, one environment, and what is told. */

#include <criterion/criterion.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "envs.h"
#include "fake_zygotes.h"
#include "load.h"
#include "loader_abi.h"
#include "loaders.h"
#include "loads.h"
#include "request.h"
#include "sandbox.h"
#include "spares.h"
#include "tempdir.h"
#include "verdict.h"

static struct event_base *base;
static struct sandbox sandbox;
static struct loads *loads;
static struct env *env;
static char program[] = "/loader", linker[] = "/ld.so";
static const struct loader loader = {
	.libc = LOADERS_GLIBC, .program = program, .linker = linker, .can_run = true};
static struct request request = {.timeout_ms = 1000};
static const struct question question = {"/x.so", &request};
static struct attempt attempts[100];
static unsigned places, slows, told;
static const struct attempt *told_attempt;
static enum load_outcome outcome;
static enum dltest_reason reason;
static char complaint[160];
static bool lets_go; /* true: who is told an end lets go of the environment, which is stale */

static void on_place(void *context) {
	(void)context;
	places++;
}

static void on_slow(void *context, struct attempt *attempt) {
	(void)context, (void)attempt;
	slows++;
}

static void on_end(void *context, struct attempt *attempt, struct load_end *end) {
	(void)context;
	told++;
	told_attempt = attempt;
	outcome = end->outcome;
	cr_expect_null(attempt->load);
	snprintf(complaint, sizeof(complaint), "%s", end->complaint ? end->complaint : "");
	if (lets_go) {
		env->stale = true;
		loads_put_env(loads, env);
		lets_go = false;
	}
	if (!end->verdict)
		return;
	reason = end->verdict->reason;
	verdict_fini(end->verdict);
}

static void set_up(void) {
	const struct strv nothing = {0};

	tempdir_make();
	base = event_base_new();
	cr_assert_eq(event_base_priority_init(base, 3), 0);
	const struct loads_config config = {
		.base = base,
		.sandbox = &sandbox,
		.home = tempdir,
		.parallel = 2,
		.on_end = on_end,
		.on_slow = on_slow,
		.on_place = on_place,
	};
	cr_assert_eq(loads_new(&config, &loads), 0);
	cr_assert_eq(
		loads_get_env(loads, &loader, &nothing, &request, LOADS_USER_CALL, NULL, &env), 0);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		attempts[i] = (struct attempt){.question = &question,
			.env = env,
			.path = question.path,
			.timeout_ms = request.timeout_ms};
}

static void tear_down(void) {
	loads_free(loads);
	cr_expect_eq(zygotes_freed, zygotes_started, "no zygote is leaked");
	event_base_free(base);
	tempdir_remove();
}

static void run_loop(void) {
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static int start(struct attempt *attempt) {
	struct load_end end = {0};

	int r = loads_start(loads, attempt, &end);
	if (r < 0) {
		outcome = end.outcome;
		snprintf(complaint, sizeof(complaint), "%s", end.complaint);
	}
	return r;
}

/* The child of 'load' ends. */
__attribute__((unused)) static void end_with(struct load *load, int wait_status) {
	const struct load_exit exit = {wait_status, 0};

	zygotes->on_load_end(zygotes->context, load, &exit);
	LIST_REMOVE(load, link);
	load_free(load);
}

/* The child forked last takes its job and reports that the library loads. */
__attribute__((unused)) static void load_well(struct load *load) {
	const struct loader_report report = {
		.magic = LOADER_MAGIC_REPORT, .stage = LOADER_STAGE_CLOSED};
	char job[100];

	cr_assert_gt(read(ends[0], job, sizeof(job)), 0);
	cr_assert_eq(write(ends[0], &report, sizeof(report)), sizeof(report));
	end_with(load, LOADER_EXIT_REPORTED << 8);
}
