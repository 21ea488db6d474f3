/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The timer of a load: when it is slow, when its time is over, and when its child has to be looked
 * for again because the kernel, or the child itself, put something off. For the pool, whose
 * callback it calls. Non-logging.
 */

struct load;

/* Has the timer come in 'ms', instead of whenever it would have come. */
void loadtimer_set(struct load *load, unsigned ms);

/* Gives the load's child the lower priority load->nice, now or as soon as that can be done, and has
 * the timer come for that or when the load's time is over. */
void loadtimer_demote(struct load *load);

/* Begins to kill the load's child: its time to end runs from here on. */
void loadtimer_begin_kill(struct load *load);

/* Kills the child, or looks for it again soon. If no end comes, the time to end runs out: whether
 * or not it is known whom to kill, and anew once it is. */
void loadtimer_kill(struct load *load);
