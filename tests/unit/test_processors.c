/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <time.h>
#include <unistd.h>

#include "processors.h"

static struct processors processors;

static int take_one(struct processors *processors) {
	int index = processors_choose(processors);

	processors_take(processors, index);
	return index;
}

Test(processors, there_is_at_least_one_processor) {
	processors_init(&processors);
	cr_expect_geq(processors.count, 1);
	cr_expect_leq(processors.count, (unsigned)sysconf(_SC_NPROCESSORS_CONF));
}

Test(processors, spreads_loads) {
	processors = (struct processors){.count = 3, .ids = {4, 5, 9}};
	int first = take_one(&processors), second = take_one(&processors);
	int third = take_one(&processors);

	cr_expect_eq(first + second + third, 0 + 1 + 2, "one on each");
	cr_expect_eq(processors_id(&processors, 2), 9);
	processors_give_back(&processors, second);
	cr_expect_eq(take_one(&processors), second);
	processors_give_back(&processors, -1);
	cr_expect_eq(processors_id(&processors, -1), -1);
}

static void spin_for(uint64_t ms) {
	struct timespec used;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	while ((uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000 < ms);
}

Test(processors, tell_how_long_one_was_busy) {
	uint64_t before = 0, after = 0;

	processors_init(&processors);
	for (unsigned i = 0; i < processors.count; i++)
		before += processors_busy_us(&processors, (int)i);
	spin_for(100);
	for (unsigned i = 0; i < processors.count; i++)
		after += processors_busy_us(&processors, (int)i);
	cr_expect_gt(before, 0);
	cr_expect_geq(after - before, 60000, "in steps of 10 ms");
	cr_expect_eq(processors_busy_us(&processors, -1), 0);
	processors.ids[0] = 4095;
	cr_expect_eq(processors_busy_us(&processors, 0), 0, "there is none");
}

Test(processors, count_what_was_used) {
	processors = (struct processors){.count = 1};
	processors_add_used(&processors, 0, 5);
	processors_add_used(&processors, 0, 6);
	processors_add_used(&processors, -1, 7);
	cr_expect_eq(processors.used_us[0], 11);
}
