/* SPDX-License-Identifier: MIT */
#pragma once

/* The processors the daemon may use, and how many loads are on each. Non-logging. */

#include <stdint.h>
#include <sys/types.h>

#define PROCESSORS_MAX 1024

struct processors {
	unsigned count;			  /* at least 1 */
	int ids[PROCESSORS_MAX];	  /* for the kernel; -1: it cannot tell them apart */
	unsigned loads[PROCESSORS_MAX];	  /* how many that use it are on each */
	uint64_t used_us[PROCESSORS_MAX]; /* by loads, on each, in all */
};

/* Finds out which processors there are (sched_getaffinity(2)); no load is on any. */
void processors_init(struct processors *processors);

/* The index of the processor with the fewest loads. */
int processors_choose(const struct processors *processors);

/* Counts one load more on the processor with this index; -1 is none. */
void processors_take(struct processors *processors, int index);

/* Counts one load fewer on the processor with this index; -1 is none. */
void processors_give_back(struct processors *processors, int index);

/* Counts 'us' microseconds that loads have used on the processor with this index; -1 is none. */
void processors_add_used(struct processors *processors, int index, uint64_t us);

/*
 * How long the processor with this index has run something, for whomever, in microseconds since
 * some time in the past and in steps of 10 ms (proc(5), /proc/stat); time that a hypervisor gave to
 * others is among it. 0 for index -1, and if that cannot be known.
 */
uint64_t processors_busy_us(const struct processors *processors, int index);

/* The kernel's number of the processor with this index; -1 for index -1 and where processors cannot
 * be told apart. */
int processors_id(const struct processors *processors, int index);
