/* SPDX-License-Identifier: MIT */
#pragma once

/* The processors the daemon may use, and how many loads are on each. Non-logging. */

#include <sys/types.h>

#define PROCESSORS_MAX 1024

struct processors {
	unsigned count;			/* at least 1 */
	int ids[PROCESSORS_MAX];	/* for the kernel; -1: it cannot tell them apart */
	unsigned loads[PROCESSORS_MAX]; /* how many are on each */
};

/* Finds out which processors there are (sched_getaffinity(2)); no load is on any. */
void processors_init(struct processors *processors);

/* The index of the processor with the fewest loads. */
int processors_choose(const struct processors *processors);

/* Counts one load more on the processor with this index; -1 is none. */
void processors_take(struct processors *processors, int index);

/* Counts one load fewer on the processor with this index; -1 is none. */
void processors_give_back(struct processors *processors, int index);

/*
 * The priority (nice(2)) of the last of 'slow' loads that are spread over all processors. Those of
 * one processor share out about what two others get: the first keeps it all, the next gets half as
 * much, then a third. What takes long because it is large, while the machine is busy with other
 * things, is not kept from its end; what hangs does not crowd out others.
 */
int processors_nice(const struct processors *processors, unsigned slow);

/* The kernel's number of the processor with this index; -1 for index -1 and where processors cannot
 * be told apart. */
int processors_id(const struct processors *processors, int index);
