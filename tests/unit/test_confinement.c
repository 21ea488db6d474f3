/* SPDX-License-Identifier: MIT */
/* What is made of a zygote, made up here, whose confinement failed. */
#include <criterion/criterion.h>
#include <errno.h>

#include "confine.h"
#include "confinement.h"
#include "sandbox.h"
#include "zygote.h"

static int failed_step, error;
static bool heard;

int zygote_failed_step(const struct zygote *zygote) {
	(void)zygote;
	return failed_step;
}

int zygote_error(const struct zygote *zygote) {
	(void)zygote;
	return error;
}

bool zygote_is_heard(const struct zygote *zygote) {
	(void)zygote;
	return heard;
}

static struct sandbox sandbox;
static struct confinement confinement;

static void set_up(void) {
	sandbox.notify = true;
	confinement_init(&confinement, &sandbox);
}

TestSuite(confinement, .init = set_up);

static bool records_after(int step, int why) {
	failed_step = step;
	error = why;
	confinement_adapt(&confinement, NULL);
	cr_expect_eq(confinement.holding.denials, sandbox.notify);
	return sandbox.notify;
}

Test(confinement, goes_without_recording_where_there_is_none) {
	cr_expect_not(records_after(CONFINE_STEP_SECCOMP, EBUSY));
}

Test(confinement, goes_on_recording_when_another_step_fails) {
	cr_expect(records_after(CONFINE_STEP_LANDLOCK, EINVAL));
	cr_expect(records_after(-1, 0));
}

Test(confinement, goes_on_recording_when_the_kernel_has_not_said_no) {
	cr_expect(records_after(CONFINE_STEP_SECCOMP, EPIPE));
	cr_expect(records_after(CONFINE_STEP_SECCOMP, EMFILE));
	cr_expect(records_after(CONFINE_STEP_SECCOMP, EINTR));
}

Test(confinement, goes_on_recording_once_that_has_worked) {
	heard = true;
	confinement_note_success(&confinement, NULL);
	cr_expect(records_after(CONFINE_STEP_SECCOMP, EINVAL));
}

Test(confinement, learns_nothing_from_loads_that_were_not_recorded) {
	heard = false;
	confinement_note_success(&confinement, NULL);
	cr_expect_not(records_after(CONFINE_STEP_SECCOMP, EINVAL));
}
