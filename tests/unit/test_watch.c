/* SPDX-License-Identifier: MIT */
/* A watch over a child that is made up here, on a processor that is made up, too. */
#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include <dltest/protocol.h>

#include "clock.h"
#include "processors.h"
#include "reserve.h"
#include "watch.h"

#define MS UINT64_C(1000)

/* --- The world --------------------------------------------------------------------------- */

static struct childproc_usage usage;
static int look_answer;
static uint64_t busy_us;
static struct processors processors = {.count = 1};
static struct reserve reserve;
static struct watch watch;
static const struct watch_child child = {.pid = 4711, .parent = 42};

int childproc_look(pid_t pid, pid_t parent, struct childproc_usage *ret_usage) {
	cr_assert_eq(pid, 4711);
	cr_assert_eq(parent, 42);
	*ret_usage = usage;
	return look_answer;
}

uint64_t childproc_own_delay_us(void) {
	return 0;
}

uint64_t processors_busy_us(const struct processors *which, int index) {
	cr_assert_eq(which, &processors);
	cr_assert_eq(index, 0);
	return busy_us;
}

void processors_add_used(struct processors *which, int index, uint64_t us) {
	which->used_us[index] += us;
}

static void set_up(void) {
	busy_us = 5000 * MS;
	watch_begin(&watch, &processors, &reserve, 1000, 50);
}

TestSuite(watch, .init = set_up);

/* A look after 'ms', in which the child ran for 'own_ms' and others for 'others_ms'. */
static enum watch_finding look_after(uint64_t ms, uint64_t own_ms, uint64_t others_ms) {
	watch.due_us = clock_now_us();
	watch.looked_us = watch.due_us - ms * MS;
	usage.cpu_us += own_ms * MS;
	usage.living_cpu_us = usage.cpu_us;
	usage.delay_us += (ms - own_ms) * MS;
	busy_us += (own_ms + others_ms) * MS;
	return watch_look(&watch, &child);
}

/* When the next look is due of what may have 'ms' of its own time. */
static unsigned plan_for(uint64_t ms) {
	watch.spent.timeout_us = ms * MS;
	return watch_plan(&watch);
}

/* --- Tests ------------------------------------------------------------------------------- */

Test(watch, what_spins_beside_loads_of_ours_is_over_in_time) {
	processors.used_us[0] = 0;
	look_after(50, 25, 0);
	for (int i = 0; i < 20 && look_after(50, 25, 25) == WATCH_GOES_ON; i++)
		processors.used_us[0] += 25 * MS; /* by another load */
	cr_expect_geq(watch.spent.wall_us, 1000 * MS);
	cr_expect_leq(watch.spent.wall_us, 1060 * MS);
}

Test(watch, what_spins_beside_others_has_its_time) {
	int looks = 1;

	while (looks < 100 && look_after(50, 25, 25) == WATCH_GOES_ON)
		looks++;
	cr_expect_geq(looks, 40, "a second of 25 ms each");
	cr_expect_leq(looks, 42);
}

Test(watch, what_a_processor_did_before_is_nobodys_rivalry) {
	busy_us = 900000 * MS;
	look_after(50, 50, 0);
	busy_us += 900000 * MS; /* until the second look it is not asked */
	look_after(50, 50, 0);
	cr_expect_eq(watch.first_busy_us, 1800100 * MS);
}

Test(watch, without_a_descriptor_it_sees_nothing) {
	look_answer = -EAGAIN;
	cr_expect_eq(watch_look(&watch, &child), WATCH_BLIND);
	cr_expect_eq(watch.spent.wall_us, 0);
	look_answer = -ESRCH;
	cr_expect_eq(watch_look(&watch, &child), WATCH_ENDED);
}

Test(watch, what_has_too_much_is_found_before_it_has_much_more) {
	usage.resident = DLTEST_MEMORY_MAX - (64 << 20);
	cr_expect_eq(look_after(50, 1, 0), WATCH_GOES_ON);
	cr_expect_eq(plan_for(60000), 10);
	usage.resident = DLTEST_MEMORY_MAX + 1;
	cr_expect_eq(look_after(50, 1, 0), WATCH_TOO_LARGE);
	usage.resident = 0;
	usage.threads = DLTEST_THREADS_MAX;
	cr_expect_eq(look_after(50, 1, 0), WATCH_GOES_ON);
	cr_expect_eq(plan_for(60000), 10);
	usage.threads++;
	cr_expect_eq(look_after(50, 1, 0), WATCH_TOO_MANY);
}

Test(watch, the_next_look_is_no_later_than_its_end) {
	cr_expect_eq(look_after(50, 0, 0), WATCH_GOES_ON);
	cr_expect_eq(plan_for(60000), 100);
	cr_expect_leq(plan_for(90), 100);
}

Test(watch, its_own_time_goes_on_until_the_next_look) {
	usage.delay_us = 0;
	cr_expect_eq(look_after(50, 50, 0), WATCH_GOES_ON);
	uint64_t own_us = watch_own_us(&watch, watch.looked_us);

	cr_expect_eq(watch_own_us(&watch, watch.looked_us + 30 * MS), own_us + 30 * MS);
	cr_expect_eq(watch_own_us(&watch, watch.looked_us + 5000 * MS), own_us + 100 * MS,
		"whoever is not heard for that long waits for a processor, or we do");
}

/* The daemon was stopped, or waited for a disk; so may the child have. */
Test(watch, time_in_which_nobody_looked_is_not_its_time) {
	look_after(50, 0, 0);
	usage.delay_us = 0;
	watch.looked_us = clock_now_us() - 2000 * MS;
	watch.due_us = watch.looked_us + 100 * MS;
	cr_expect_eq(watch_look(&watch, &child), WATCH_GOES_ON);
	cr_expect_leq(spent_own_us(&watch.spent), 200 * MS);
}
