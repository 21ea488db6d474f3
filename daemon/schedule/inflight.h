/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Loads in flight, so that what several clients ask at the same time is loaded once: a job that
 * finds another of the same library and settings at work waits for its verdict. Non-logging.
 */

#include <stdbool.h>

#include "job.h"

struct inflight;

/* NULL when there is no memory. */
struct inflight *inflight_new(void);

struct inflight *inflight_free(struct inflight *inflight);

/*
 * Has 'job' wait for one that is at work on the same library, loaded in the same way with the same
 * settings. False if there is none; 'job' is then one that others may wait for.
 */
bool inflight_join(struct inflight *inflight, struct job *job);

/*
 * The job is at work no more, or takes so long that nobody shall wait for it, or is forgotten.
 * Those that waited for it wait no more, are 'alone', and are appended to 'followers' by their
 * 'link'.
 */
void inflight_leave(struct inflight *inflight, struct job *job, struct job_list *followers);
