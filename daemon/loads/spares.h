/* SPDX-License-Identifier: MIT */
#pragma once

/* Children of a zygote that wait for a job, and the processors that they stay on. Non-logging. */

#include <stddef.h>

#include "load.h"

struct processors;
struct zygote;

/*
 * The spare of 'zygote' whose processor has the least to do; of two, the older one, which has had
 * more time to get ready. For LOAD_PRINTING only a spare whose output is read. NULL if there is
 * none, and if some processor is less busy than every spare's: a child forked there is done sooner
 * than a spare that has to share.
 */
struct load *spares_find(
	const struct zygote *zygote, const struct processors *processors, enum load_kind kind);

/* The number of spares of 'zygote', those of whatever kind included. */
size_t spares_count(const struct zygote *zygote);

/* The index of the processor on which one more spare of 'zygote' is wanted most. */
int spares_choose_processor(const struct zygote *zygote, const struct processors *processors);
