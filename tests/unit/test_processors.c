/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
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

Test(processors, slow_loads_share_what_they_get) {
	struct processors processors = {.count = 2};

	cr_expect_eq(processors_nice(&processors, 0), 0);
	cr_expect_eq(processors_nice(&processors, 1), 0);
	cr_expect_eq(processors_nice(&processors, 2), 0, "one a processor");
	cr_expect_eq(processors_nice(&processors, 3), 4, "half");
	cr_expect_eq(processors_nice(&processors, 5), 5, "a third");
	cr_expect_eq(processors_nice(&processors, 20), 11, "a tenth");
	cr_expect_eq(processors_nice(&processors, 1000), 19);
}
