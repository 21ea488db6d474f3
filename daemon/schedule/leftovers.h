/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Leftovers: batches whose clients have gone because their time was over, and for which loads still
 * run, so that the next call has their verdicts. Each is over when its jobs have ended, or when
 * they had all the time that a question can take and some more. Non-logging.
 */

struct batch;
struct event_base;
struct leftovers;

/* New leftovers, none yet. 'on_due' is called with 'context' by the loop when there may be one that
 * is over though its jobs have not ended. leftovers_free() frees them. NULL if out of memory. */
struct leftovers *leftovers_new(
	struct event_base *base, void (*on_due)(void *context), void *context);

/* Frees 'leftovers', of which there must be none; NULL is nothing. Returns NULL. */
struct leftovers *leftovers_free(struct leftovers *leftovers);

/* Takes 'batch' in, which is left from now on. */
void leftovers_add(struct leftovers *leftovers, struct batch *batch);

/* Gives 'batch', which is among them, its time anew: somebody waits for it. */
void leftovers_renew(struct leftovers *leftovers, struct batch *batch);

/* Takes out a batch that is over. NULL if there is none. */
struct batch *leftovers_take_over(struct leftovers *leftovers);

/* Takes out any batch. NULL if there is none, or no leftovers. */
struct batch *leftovers_take_any(struct leftovers *leftovers);
