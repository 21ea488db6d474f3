/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Finds the programs that a plugin may be for (hostquery.h), by a process that reads files for the
 * daemon (hostprocess.h): it is started when somebody asks, and kept while somebody does. What it
 * does not answer in time has no answer. Runs in the daemon's loop. Non-logging.
 */

struct hostfinding;
struct hostquery;

struct event_base;
struct hostasking;
struct hostfinder;

/* Told what was found, once, by the loop; what 'finding' has is the callee's, to be freed by
 * hostfinding_fini(). */
typedef void (*hostasking_done_fn)(void *context, struct hostfinding *finding);

/* No process yet; hostfinder_free() frees it. NULL if out of memory. */
struct hostfinder *hostfinder_new(struct event_base *base);

/* Ends all processes, without waiting for one, and frees 'finder' and what was asked; NULL is
 * nothing. Nobody is told. Returns NULL. */
struct hostfinder *hostfinder_free(struct hostfinder *finder);

/*
 * Asks 'query', which is copied. 'on_done' is called by the loop and not by this function: when it
 * has been answered, after those that were asked before; or when the process has not answered for
 * five seconds from when its turn came, but for the time for which it works or waits for a
 * processor (HOSTPROCESS_LATEST_MS at most); at once if no process answers. Until then *ret_asking
 * is there to be forgotten. A directory that may not answer (sight.h) may cost an answer, and is
 * better left out. Returns 0 or -ENOMEM.
 */
int hostfinder_ask(struct hostfinder *finder, const struct hostquery *query,
	hostasking_done_fn on_done, void *context, struct hostasking **ret_asking);

/* Forgets what was asked, of which nobody has been told yet; nobody is. */
void hostfinder_forget(struct hostfinder *finder, struct hostasking *asking);

/* Ends the processes that have had nothing to do for a while. To be called now and then. */
void hostfinder_trim(struct hostfinder *finder);
