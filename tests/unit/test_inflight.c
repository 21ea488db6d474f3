/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "inflight.h"
#include "request.h"

static struct inflight *inflight;
static struct request request, fresh;
static struct job one, two, three;
static struct job_list followers;

static void set_up(void) {
	inflight = inflight_new();
	request = (struct request){.timeout_ms = 1};
	fresh = (struct request){.timeout_ms = 1, .fresh = true};
	one = two = three = (struct job){.question = {"/a", &request}};
	TAILQ_INIT(&followers);
}

static void tear_down(void) {
	inflight_free(inflight);
}

TestSuite(inflight, .init = set_up, .fini = tear_down);

/* The first of those that need not wait for 'job' any more, NULL for none. */
static struct job *first_released_by(struct job *job) {
	TAILQ_INIT(&followers);
	inflight_leave(inflight, job, &followers);
	return TAILQ_FIRST(&followers);
}

Test(inflight, others_wait_for_the_first) {
	cr_expect_not(inflight_join(inflight, &one));
	cr_expect(inflight_join(inflight, &two));
	cr_expect(inflight_join(inflight, &three));
	cr_expect_eq(first_released_by(&one), &two);
	cr_expect_eq(TAILQ_NEXT(&two, link), &three);
	cr_expect_null(TAILQ_NEXT(&three, link));
	cr_expect(two.alone && three.alone);
	cr_expect_not(inflight_join(inflight, &two), "now it is the first");
	cr_expect_null(first_released_by(&two));
}

Test(inflight, one_that_waits_may_leave) {
	inflight_join(inflight, &one);
	inflight_join(inflight, &two);
	inflight_join(inflight, &three);
	cr_expect_null(first_released_by(&two));
	cr_expect_eq(first_released_by(&one), &three);
	cr_expect_null(first_released_by(&one), "it is gone already");
}

Test(inflight, adds_followers_behind_others) {
	struct job other = {0};

	inflight_join(inflight, &one);
	inflight_join(inflight, &two);
	TAILQ_INSERT_TAIL(&followers, &other, link);
	inflight_leave(inflight, &one, &followers);
	cr_expect_eq(TAILQ_FIRST(&followers), &other);
	cr_expect_eq(TAILQ_NEXT(&other, link), &two);
}

Test(inflight, waits_only_for_the_same_question) {
	struct request lazy = request;

	lazy.lazy = true;
	inflight_join(inflight, &one);
	two.question.request = &lazy;
	cr_expect_not(inflight_join(inflight, &two));
	two.question.request = &fresh;
	cr_expect_not(inflight_join(inflight, &two), "that load began before it was asked for");
	three.question.path = "/b";
	cr_expect_not(inflight_join(inflight, &three));
	three.question.path = "/a";
	three.alone = true;
	cr_expect_not(inflight_join(inflight, &three), "it has waited once");
	cr_expect_null(first_released_by(&two));
	cr_expect_null(first_released_by(&one));
}
