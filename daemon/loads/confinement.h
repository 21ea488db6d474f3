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
	bool records;		/* true: refusals have been recorded, so the kernel can */
};

/* Makes 'confinement' of 'sandbox', which must outlive it. */
void confinement_init(struct confinement *confinement, struct sandbox *sandbox);

/* Notes that a load in 'zygote' has ended: what the kernel gave to this one, it has. */
void confinement_note_success(struct confinement *confinement, const struct zygote *zygote);

/* Gives up the recording of refusals if 'zygote' broke because the kernel has none to give, which
 * cannot be known before a filter asks for it. What fails for another reason, or after it has
 * worked, says nothing about the kernel. */
void confinement_adapt(struct confinement *confinement, const struct zygote *zygote);
