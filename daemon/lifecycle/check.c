/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <dltest/cleanup.h>

#include "confine.h"
#include "loadenv.h"
#include "sandbox.h"
#include "selftest.h"
#include "userhomes.h"
#include "zygote.h"

#define DEADLINE_S 10
#define ACTS_MAX   64

struct check {
	struct sandbox *sandbox;
	struct event_base *base;
	const char *unreadable;
	int errors[ACTS_MAX]; /* of the acts; -1: not tried */
};

DEFINE_CLEANUP(struct event_base *, event_base_free);
DEFINE_CLEANUP(struct loadenv *, loadenv_free);
DEFINE_CLEANUP(struct zygote *, zygote_free);

static void check_on_check(void *context, unsigned act, int error) {
	struct check *check = context;

	if (act < ACTS_MAX)
		check->errors[act] = error;
}

static void check_on_broken(void *context, struct zygote *zygote) {
	struct check *check = context;

	(void)zygote;
	event_base_loopbreak(check->base);
}

/* Runs the acts once under the present filters. Returns the step that failed, -1 for none, or
 * -2 when it could not be run. */
static int run_acts(struct check *check, const struct loadenv *env) {
	CLEANUP(event_base_free_p) struct event_base *base = event_base_new();
	CLEANUP(zygote_free_p) struct zygote *zygote = NULL;
	const struct timeval deadline = {.tv_sec = DEADLINE_S};
	struct zygote_config config = {
		.base = base,
		.sandbox = check->sandbox,
		.context = check,
		.on_broken = check_on_broken,
		.on_check = check_on_check,
	};

	if (!base)
		return -2;
	check->base = base;
	for (unsigned act = 0; act < ACTS_MAX; act++)
		check->errors[act] = -1;
	if (zygote_check(&config, env, &zygote) < 0)
		return -2;
	event_base_loopexit(base, &deadline);
	event_base_dispatch(base);
	return zygote_failed_step(zygote);
}

/* Prints how 'act' went. Returns whether it could be done, or nobody knows. */
static bool print_act(const struct check *check, unsigned act) {
	int error = check->errors[act];
	bool must = selftest_applies(check->sandbox, check->unreadable, act, SELFTEST_IN_CHILD);
	const char *outcome = error == -1		   ? "not tried"
			      : error == 0		   ? "POSSIBLE"
			      : selftest_is_refusal(error) ? "refused"
							   : "failed";

	printf("  %-45s %s%s%s%s\n", selftest_name(act), outcome, error > 0 ? " (" : "",
		error > 0 ? strerror(error) : "", error > 0 ? ")" : "");
	return error == -1 ? must : !selftest_is_refusal(error);
}

/* Prints whether the sandbox holds, and if not, which of the acts it lets be done. */
static void print_sum(const bool possible[ACTS_MAX], int step) {
	bool any = false;

	for (unsigned act = 0; act < selftest_count(); act++) {
		if (!possible[act])
			continue;
		printf("%s%s", any ? "; " : "The sandbox does not hold. A library could ",
			selftest_name(act));
		any = true;
	}
	puts(any ? "." : step == -1 ? "The sandbox holds." : "The sandbox could not be set up.");
}

static void print_sandbox(const struct sandbox *sandbox) {
	struct sandbox_lack lacks[SANDBOX_LACKS_MAX];
	size_t count = sandbox_lacks(sandbox, lacks);
	struct utsname system;

	if (uname(&system) == 0)
		printf("%s %s %s\n", system.sysname, system.release, system.machine);
	printf("system call filter: %s\n", sandbox->seccomp_error ? "no" : "yes");
	printf("refusals recorded:  %s\n", sandbox->notify ? "yes" : "no");
	if (sandbox->landlock.abi > 0)
		printf("Landlock:           ABI %d\n", sandbox->landlock.abi);
	else
		printf("Landlock:           no; what may be read is not confined\n");
	for (size_t i = 0; i < count; i++)
		printf("missing: %s: %s\n  %s\n", lacks[i].what, lacks[i].why, lacks[i].remedy);
}

int check_run(struct sandbox *sandbox, const struct loader *loader, const char *home) {
	CLEANUP(loadenv_free_p) struct loadenv *env = NULL;
	struct check check = {.sandbox = sandbox};
	const struct strv nothing = {0};
	const struct userhomes user_homes = {.told = &nothing};
	bool possible[ACTS_MAX] = {false}, failed = sandbox->seccomp_error != 0;

	int r = loadenv_new(loader, home, &user_homes, &nothing, &nothing, NULL, &env);
	if (r)
		return r < 0 ? r : -E2BIG;
	check.unreadable = selftest_find_unreadable(env);
	int step = run_acts(&check, env);
	if (step == CONFINE_STEP_SECCOMP && sandbox->notify) {
		r = sandbox_give_up_notify(sandbox);
		if (r < 0)
			return r;
		step = run_acts(&check, env);
	}
	print_sandbox(sandbox);
	if (step >= 0)
		printf("could not be set up: %s\n", confine_step_name((unsigned)step));
	puts("a confined process tried to");
	for (unsigned act = 0; act < selftest_count(); act++)
		failed |= possible[act] = print_act(&check, act);
	print_sum(possible, step);
	return failed || step != -1 ? 1 : 0;
}
