/* SPDX-License-Identifier: MIT */
/* What the daemon makes of a loader's words, which are put together here: a hostile C library can
 * have any of them said. */
#include <criterion/criterion.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confine.h"
#include "fdpass.h"
#include "load.h"
#include "loader_abi.h"
#include "sandbox.h"
#include "spares.h"
#include "zygote.h"

/* --- A loader made up --------------------------------------------------------------------- */

static int theirs; /* the loader's end of the control socket */
static bool checks;

pid_t confine_spawn(const struct confine_plan *plan) {
	theirs = dup(plan->control);
	checks = plan->purpose == CONFINE_TO_CHECK;
	return 999999999; /* nobody's */
}

const char *confine_step_name(unsigned step) {
	(void)step;
	return "a step";
}

static void say(uint32_t kind, uint32_t id, int32_t value) {
	const struct loader_event event = {kind, id, 0, value};

	cr_assert_eq(write(theirs, &event, sizeof(event)), sizeof(event));
}

/* --- The world ---------------------------------------------------------------------------- */

static struct event_base *base;
static struct sandbox sandbox;
static struct zygote_config config;
static struct zygote *zygote;
static unsigned broken, ended, not_forked, checked;
static int status, check_error;

static void on_load_end(void *context, struct load *load, const struct load_exit *exit) {
	(void)context, (void)load;
	ended++;
	status = exit->wait_status;
}

static void on_not_forked(void *context, struct load *load, int error) {
	(void)context, (void)load;
	not_forked++;
	status = error;
}

static void on_broken(void *context, struct zygote *about) {
	(void)context;
	cr_assert_eq(about, zygote);
	broken++;
}

static void on_check(void *context, unsigned act, int error) {
	(void)context;
	checked = act;
	check_error = error;
}

static void set_up(void) {
	base = event_base_new();
	config = (struct zygote_config){
		.base = base,
		.sandbox = &sandbox,
		.on_load_end = on_load_end,
		.on_not_forked = on_not_forked,
		.on_broken = on_broken,
	};
	cr_assert_eq(zygote_start(&config, NULL, &zygote), 0);
}

static void tear_down(void) {
	zygote_free(zygote);
	close(theirs);
	event_base_free(base);
}

TestSuite(zygote, .init = set_up, .fini = tear_down);

static void run_loop(void) {
	for (int i = 0; i < 5; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static struct load *fork_one(void) {
	struct loader_command command;
	struct load *load;

	cr_assert_eq(zygote_fork(zygote, LOAD_PLAIN, 3, NULL, &load), 0);
	cr_assert_eq(read(theirs, &command, sizeof(command)), sizeof(command));
	cr_expect_eq(command.kind, LOADER_COMMAND_FORK);
	cr_expect_eq(command.id, load->id);
	cr_expect_eq(command.cpu, 3);
	return load;
}

static void expect_broken(const char *complaint) {
	run_loop();
	cr_expect_eq(broken, 1);
	cr_expect(zygote_is_broken(zygote));
	cr_expect_str_eq(zygote_complaint(zygote), complaint);
}

/* --- Tests -------------------------------------------------------------------------------- */

Test(zygote, tells_of_a_load_that_ended) {
	say(LOADER_EVENT_READY, 0, LOADER_ABI_VERSION);
	struct load *load = fork_one();

	cr_expect_eq(spares_count(zygote), 1);
	say(LOADER_EVENT_EXITED, load->id, 11);
	run_loop();
	cr_expect_eq(ended, 1);
	cr_expect_eq(status, 11);
	cr_expect_null(zygote_first_load(zygote), "it is freed after that");
	cr_expect_eq(broken, 0);
}

Test(zygote, tells_of_a_fork_that_failed) {
	say(LOADER_EVENT_NOT_FORKED, fork_one()->id, EAGAIN);
	run_loop();
	cr_expect_eq(not_forked, 1);
	cr_expect_eq(status, EAGAIN);
	cr_expect_null(zygote_first_load(zygote));
}

Test(zygote, breaks_at_ends_that_nobody_waits_for) {
	say(LOADER_EVENT_EXITED, 77, 0);
	expect_broken("told of the end of a process that it was not asked for");
}

Test(zygote, breaks_at_an_end_told_twice) {
	uint32_t id = fork_one()->id;

	say(LOADER_EVENT_EXITED, id, 0);
	say(LOADER_EVENT_EXITED, id, 0);
	expect_broken("told of the end of a process that it was not asked for");
	cr_expect_eq(ended, 1);
}

Test(zygote, breaks_at_a_loader_of_another_version) {
	say(LOADER_EVENT_READY, 0, LOADER_ABI_VERSION + 1);
	expect_broken("the loader is of another version than the daemon");
}

Test(zygote, breaks_at_what_is_said_twice) {
	say(LOADER_EVENT_READY, 0, LOADER_ABI_VERSION);
	say(LOADER_EVENT_READY, 0, LOADER_ABI_VERSION);
	expect_broken("said something again, or too late");
}

Test(zygote, breaks_at_a_failure_told_by_the_loader_itself) {
	say(LOADER_EVENT_READY, 0, LOADER_ABI_VERSION);
	say(LOADER_EVENT_FAILED, CONFINE_STEP_LANDLOCK, EPERM);
	expect_broken("said something again, or too late");
	cr_expect_eq(zygote_failed_step(zygote), -1, "it is not believed");
}

Test(zygote, breaks_at_words_that_make_no_sense) {
	say(4711, 0, 0);
	expect_broken("said something that makes no sense");
}

Test(zygote, breaks_at_checks_that_were_not_asked_for) {
	say(LOADER_EVENT_CHECK, 0, 0);
	expect_broken("said something again, or too late");
}

Test(zygote, says_which_step_of_its_confinement_failed) {
	say(LOADER_EVENT_FAILED, CONFINE_STEP_LIMITS, EPERM);
	shutdown(theirs, SHUT_RDWR);
	expect_broken("a step failed: Operation not permitted");
	cr_expect_eq(zygote_failed_step(zygote), CONFINE_STEP_LIMITS);
}

Test(zygote, says_for_which_want_its_confinement_failed) {
	say(LOADER_EVENT_FAILED, CONFINE_STEP_LANDLOCK, EMFILE);
	shutdown(theirs, SHUT_RDWR);
	expect_broken("a step failed: Too many open files");
	cr_expect_eq(zygote_error(zygote), EMFILE);
}

/* At the limit of descriptors the kernel drops what is sent. */
Test(zygote, breaks_for_want_of_a_descriptor_for_its_listener) {
	const struct loader_event event = {LOADER_EVENT_LISTENER, 0, 0, 0};
	struct rlimit before, full;

	zygote_free(zygote);
	close(theirs);
	sandbox.notify = true;
	cr_assert_eq(zygote_start(&config, NULL, &zygote), 0);
	cr_assert_eq(fdpass_send(theirs, &event, sizeof(event), (int[]){0}, 1), sizeof(event));
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	full = (struct rlimit){3, before.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &full), 0);
	run_loop();
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	expect_broken("there is no descriptor left to watch it");
	cr_expect_eq(zygote_error(zygote), EMFILE);
}

/* What others are given from now on is nothing to one that asks already: without its listener, all
 * that it tried would fail. */
Test(zygote, hears_its_listener_when_others_are_to_have_none) {
	const struct loader_event event = {LOADER_EVENT_LISTENER, 0, 0, 0};

	zygote_free(zygote);
	close(theirs);
	sandbox.notify = true;
	cr_assert_eq(zygote_start(&config, NULL, &zygote), 0);
	cr_expect_not(zygote_is_heard(zygote));
	sandbox.notify = false;
	cr_assert_eq(fdpass_send(theirs, &event, sizeof(event), (int[]){theirs}, 1), sizeof(event));
	run_loop();
	cr_expect(zygote_is_heard(zygote));
	cr_expect_eq(broken, 0);
}

Test(zygote, breaks_when_its_process_ends) {
	struct load *load = fork_one();

	zygote_on_exit(zygote, SIGSEGV);
	expect_broken("the loader was ended by signal 11");
	cr_expect_eq(zygote_pid(zygote), 0);
	cr_expect_eq(load->parent, 0, "its children are nobody's");
}

Test(zygote, hears_what_was_said_before_its_process_ended) {
	uint32_t id = fork_one()->id;

	say(LOADER_EVENT_EXITED, id, 0);
	zygote_on_exit(zygote, 3 << 8);
	cr_expect_eq(ended, 1);
	expect_broken("the loader ended with status 3");
}

Test(zygote, puts_words_together_that_come_in_parts) {
	struct loader_event event = {LOADER_EVENT_EXITED, fork_one()->id, 0, 9};

	cr_assert_eq(write(theirs, &event, 5), 5);
	run_loop();
	cr_expect_eq(ended, 0);
	cr_assert_eq(write(theirs, (char *)&event + 5, sizeof(event) - 5), sizeof(event) - 5);
	run_loop();
	cr_expect_eq(ended, 1);
	cr_expect_eq(status, 9);
	cr_expect_eq(broken, 0);
}

Test(zygote, cannot_fork_when_its_loader_has_gone) {
	struct load *load;

	close(theirs);
	theirs = dup(0);
	cr_expect_eq(zygote_fork(zygote, LOAD_PLAIN, -1, NULL, &load), -EPIPE);
	cr_expect_null(zygote_first_load(zygote));
}

Test(zygote, tells_of_the_acts_of_a_check) {
	zygote_free(zygote);
	close(theirs);
	config.on_check = on_check;
	cr_assert_eq(zygote_check(&config, NULL, &zygote), 0);
	cr_expect(checks);
	say(LOADER_EVENT_CHECK, 5, EPERM);
	run_loop();
	cr_expect_eq(checked, 5);
	cr_expect_eq(check_error, EPERM);
	cr_expect_eq(broken, 0);
}
