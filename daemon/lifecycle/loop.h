/* SPDX-License-Identifier: MIT */
#pragma once

/* The daemon's event loop, as all that runs in it wants it. Non-logging. */

struct event_base;

/*
 * A new loop with three priorities, of which the middle one is usual: what can wait is done after
 * everything else that can be done. What has come from outside is heard after a millisecond of
 * other things. event_base_free() frees *ret_base. Returns 0 or -errno.
 */
int loop_new(struct event_base **ret_base);
