/* SPDX-License-Identifier: MIT */
#include "reserve.h"

#include <criterion/criterion.h>
#include <sys/resource.h>
#include <unistd.h>

/* How many descriptors can be opened, up to 'most'. */
static int count_free(int most) {
	int fds[16], count = 0;

	while (count < most && (fds[count] = dup(STDERR_FILENO)) >= 0)
		count++;
	for (int i = 0; i < count; i++)
		close(fds[i]);
	return count;
}

/* Lets no more be opened. */
static void fill(void) {
	struct rlimit limit;
	int next = dup(STDERR_FILENO);

	cr_assert_geq(next, 0);
	close(next);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)next;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_assert_eq(count_free(1), 0);
}

Test(reserve, is_there_when_all_others_are_taken) {
	struct reserve reserve;

	reserve_init(&reserve);
	fill();
	for (int i = 0; i < 2; i++) {
		reserve_lend(&reserve);
		cr_expect_eq(count_free(16), RESERVE_SIZE);
		reserve_refill(&reserve);
		cr_expect_eq(count_free(16), 0, "it is held again");
	}
	reserve_fini(&reserve);
	cr_expect_eq(count_free(16), RESERVE_SIZE);
}

Test(reserve, takes_what_was_not_to_be_had_when_it_is) {
	struct reserve reserve;

	fill();
	reserve_init(&reserve);
	reserve_lend(&reserve);
	cr_expect_eq(count_free(16), 0);
	struct rlimit limit;
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur += RESERVE_SIZE;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	reserve_refill(&reserve);
	cr_expect_eq(count_free(16), 0);
	reserve_fini(&reserve);
}

Test(reserve, gives_one_alone) {
	struct reserve reserve;

	reserve_init(&reserve);
	fill();
	reserve_lend_one(&reserve);
	cr_expect_eq(count_free(16), 1);
	reserve_refill(&reserve);
	cr_expect_eq(count_free(16), 0);
	reserve_fini(&reserve);
}

Test(reserve, may_be_none) {
	reserve_lend_one(NULL);
	reserve_lend(NULL);
	reserve_refill(NULL);
}
