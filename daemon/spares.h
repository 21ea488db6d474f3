/* SPDX-License-Identifier: MIT */
#pragma once

/* Children of a zygote that wait for a job, and the processors that they stay on. Non-logging. */

#include <stdbool.h>

struct load;
struct processors;
struct zygote;

/*
 * The spare whose processor has the least to do; of two, the older one, which has had more time to
 * get ready. With 'printing' only one whose output is read. NULL if there is none, or if all are on
 * processors that have more to do than another.
 */
struct load *spares_find(
	const struct zygote *zygote, const struct processors *processors, bool printing);

/* The index of the processor on which one more spare is wanted most. */
int spares_choose_processor(const struct zygote *zygote, const struct processors *processors);
