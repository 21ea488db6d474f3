/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Processes that look at files for the daemon, where looking may take for ever (sight.h): one for
 * each file system that may not answer, and while that one waits, a second. What they do not answer
 * in time has no answer. Runs in the daemon's loop. Non-logging.
 */

#include <sys/types.h>

struct event_base;
struct lookers;
struct sight;

/* No lookers yet; lookers_free() frees them. NULL if out of memory. */
struct lookers *lookers_new(struct event_base *base);

/* Ends all lookers, without waiting for one, and frees 'lookers'; NULL is nothing. Who waits for
 * answers is not told. Returns NULL. */
struct lookers *lookers_free(struct lookers *lookers);

/*
 * Has what 'sight' wants looked at. 'on_done' is called once, by the loop and not by this function,
 * when each of these paths has an answer, or -ETIMEDOUT for one: after two seconds at the latest,
 * but for the time that a looker waits for a processor; at once if the file system has not answered
 * others. Returns 0 or -ENOMEM.
 */
int lookers_ask(struct lookers *lookers, struct sight *sight, void (*on_done)(void *context),
	void *context);

/* Forgets that 'sight' has asked, if it has: it may be freed then, and nobody is told. */
void lookers_forget(struct lookers *lookers, struct sight *sight);

/* Ends the lookers that have had nothing to do for a while. To be called now and then. */
void lookers_trim(struct lookers *lookers);
