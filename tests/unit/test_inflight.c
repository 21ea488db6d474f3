/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "inflight.h"
#include "request.h"

static struct inflight *inflight;
static struct request request, fresh;
static struct job one, two, three;

static void start(void) {
	inflight = inflight_new();
	request = (struct request){.timeout_ms = 1};
	fresh = (struct request){.timeout_ms = 1, .fresh = true};
	one = two = three = (struct job){.path = "/a", .request = &request};
}

static void end(void) {
	inflight_free(inflight);
}

TestSuite(inflight, .init = start, .fini = end);

Test(inflight, others_wait_for_the_first) {
	cr_expect_not(inflight_join(inflight, &one));
	cr_expect(inflight_join(inflight, &two));
	cr_expect(inflight_join(inflight, &three));
	cr_expect_eq(inflight_leave(inflight, &one), &two);
	cr_expect_eq(inflight_next(&two), &three);
	cr_expect_null(inflight_next(&three));
	cr_expect_not(inflight_join(inflight, &two), "now it is the first");
	cr_expect_null(inflight_leave(inflight, &two));
}

Test(inflight, one_that_waits_may_leave) {
	inflight_join(inflight, &one);
	inflight_join(inflight, &two);
	inflight_join(inflight, &three);
	cr_expect_null(inflight_leave(inflight, &two));
	cr_expect_eq(inflight_leave(inflight, &one), &three);
	cr_expect_null(inflight_leave(inflight, &one), "it is gone already");
}

Test(inflight, only_for_the_same) {
	struct request lazy = request;

	lazy.lazy = true;
	inflight_join(inflight, &one);
	two.request = &lazy;
	cr_expect_not(inflight_join(inflight, &two));
	two.request = &fresh;
	cr_expect_not(inflight_join(inflight, &two), "that load began before it was asked for");
	three.path = "/b";
	cr_expect_not(inflight_join(inflight, &three));
	three.path = "/a";
	three.alone = true;
	cr_expect_not(inflight_join(inflight, &three), "it has waited once");
	cr_expect_null(inflight_leave(inflight, &two));
	cr_expect_null(inflight_leave(inflight, &one));
}
