/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Hindsight: what came to a timeout for calls that had no time for all their answers. Such verdicts
 * are not remembered, since the next load may come to another; but who asks the same again at
 * once goes on from there, and would lose them again while others come to theirs. Non-logging.
 */

#include <stdbool.h>

#include "job.h"

struct hindsight;
struct verdict;

/* New hindsight, empty; hindsight_free() frees it. NULL if out of memory. */
struct hindsight *hindsight_new(void);

/* Frees 'hindsight'; NULL is nothing. Returns NULL. */
struct hindsight *hindsight_free(struct hindsight *hindsight);

/* Notes 'verdict', which 'job' came to, if it is one that is kept here. */
void hindsight_note(
	struct hindsight *hindsight, const struct job *job, const struct verdict *verdict);

/* The call of 'job' has ended without all its answers: what was noted of it is kept for ten seconds
 * from now on. */
void hindsight_keep(struct hindsight *hindsight, const struct job *job);

/* The call of 'job' has ended with all of them, or is done with for another reason: what was noted
 * of it, and not kept, is forgotten. */
void hindsight_forget(struct hindsight *hindsight, const struct job *job);

/* True if a verdict of the same question is kept, and the library is what it was then; *ret_verdict
 * is the caller's. */
bool hindsight_recall(struct hindsight *hindsight, struct job *job, struct verdict *ret_verdict);
