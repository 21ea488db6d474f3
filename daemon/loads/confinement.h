/* SPDX-License-Identifier: MIT */
#pragma once

/* The confinement of loads: the sandbox, a description of what holds the loads, and the decision to
 * do without a part that the kernel refuses. Logs. */

#include <stdbool.h>

#include "holding.h"

struct sandbox;
struct zygote;

struct confinement {
	struct sandbox *sandbox;
	struct holding holding; /* of 'sandbox' as it is now */
};

/* Makes 'confinement' of 'sandbox', which must outlive it. */
void confinement_init(struct confinement *confinement, struct sandbox *sandbox);

/* Gives up the recording of refusals if 'zygote' broke for want of it: whether the kernel gives a
 * listener cannot be known before a filter asks for one. */
void confinement_adapt(struct confinement *confinement, const struct zygote *zygote);
