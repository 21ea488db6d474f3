/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A want of processes, memory or descriptors: after such an errno (scarce.h) nothing is
 * started for 50 ms, so as not to spin. Runs in the daemon's loop; non-logging.
 */

#include <stdbool.h>

struct event_base;
struct shortage;

/* A new shortage, which lacks nothing yet. The loop of 'base' calls 'on_over' with 'context' when
 * the 50 ms after a want are over. Returns 0 or -ENOMEM. */
int shortage_new(struct event_base *base, void (*on_over)(void *context), void *context,
	struct shortage **ret_shortage);

struct shortage *shortage_free(struct shortage *shortage);

/* Notes such a want: the 50 ms begin anew. */
void shortage_note(struct shortage *shortage);

/* True during those 50 ms. */
bool shortage_lasts(const struct shortage *shortage);
