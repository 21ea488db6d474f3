/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An attempt: one load or trace of a library, and how a child is told of it. A question takes more
 * than one attempt when there is more to find out. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>

#include "question.h"
#include "strv.h"

struct env;
struct hosttrial;
struct load;

struct attempt {
	const struct question *question; /* whose request has the settings */
	struct env *env;		 /* in which the child is to be forked */
	const char *path;		 /* of the library to load or to trace, absolute */
	const struct strv *preload;   /* to be loaded before the preloads of the request; or NULL */
	size_t companions;	      /* the first so many of 'preload', see struct loader_job */
	const struct hosttrial *host; /* stood in for; or NULL */
	uint32_t flags;		      /* LOADER_JOB_* besides those of the request */
	uint32_t timeout_ms;	      /* from the moment when the child has its job */
	bool traces;		      /* true: the attempt is a trace, false: a load */
	struct load *load; /* the one at work on the attempt, or NULL; set by the loads */
};

/* Checks whether 'attempt', a trace, can be made. Returns 0, -ENOSYS where the dynamic linker has
 * no such mode, or -EINVAL if its preloads cannot be told to the dynamic linker. */
int attempt_check_trace(const struct attempt *attempt);

/* Writes 'attempt' as a job to 'channel', a load child's socket. Returns 0; -EPIPE if the child is
 * not there any more; -ENAMETOOLONG if the attempt has more paths than a child takes; other -errno.
 */
int attempt_send(const struct attempt *attempt, int channel);
