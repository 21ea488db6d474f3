/* SPDX-License-Identifier: MIT */
#include "processors.h"

#include <sched.h>

void processors_init(struct processors *processors) {
	cpu_set_t set;

	*processors = (struct processors){.count = 1, .ids = {-1}};
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	processors->count = 0;
	for (int id = 0; id < CPU_SETSIZE && processors->count < PROCESSORS_MAX; id++) {
		if (CPU_ISSET((size_t)id, &set))
			processors->ids[processors->count++] = id;
	}
	if (processors->count == 0)
		processors->count = 1;
}

int processors_choose(const struct processors *processors) {
	unsigned best = 0;

	for (unsigned i = 1; i < processors->count; i++) {
		if (processors->loads[i] < processors->loads[best])
			best = i;
	}
	return (int)best;
}

void processors_take(struct processors *processors, int index) {
	if (index >= 0)
		processors->loads[index]++;
}

void processors_give_back(struct processors *processors, int index) {
	if (index >= 0)
		processors->loads[index]--;
}

int processors_id(const struct processors *processors, int index) {
	return index < 0 ? -1 : processors->ids[index];
}

int processors_nice(const struct processors *processors, unsigned slow) {
	unsigned parts = (slow + processors->count - 1) / processors->count;
	int nice = 0;

	/* Each step is worth a factor of 1.25 (sched(7)). */
	for (double share = 1; share * parts > 1 && nice < 19; share /= 1.25)
		nice++;
	return nice;
}
