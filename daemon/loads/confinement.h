/* SPDX-License-Identifier: MIT */
#pragma once

/* The sandbox as the loads have it: what it holds, in words that need no sandbox, and what is done
 * without once the kernel has refused it. Logs. */

#include <stdbool.h>

#include "holding.h"

struct sandbox;
struct zygote;

struct confinement {
	struct sandbox *sandbox;
	struct holding holding;
};

/* Describes 'sandbox', which must outlive 'confinement'. */
void confinement_init(struct confinement *confinement, struct sandbox *sandbox);

/* Does without recording refusals if it was that what 'zygote' broke of: that the kernel gives a
 * listener cannot be known before it is asked for one. */
void confinement_adapt(struct confinement *confinement, const struct zygote *zygote);
