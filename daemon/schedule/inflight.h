/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Loads in flight, so that what several clients ask at the same time is loaded once: a job that
 * finds another of the same library and settings at work waits for its verdict. What was left at
 * work by a client whose time was over is waited for however long it takes: it is the beginning of
 * the answer for who asks again. Non-logging.
 */

#include <stdbool.h>

#include "job.h"

struct inflight;

/* A new set of loads in flight, empty; inflight_free() frees it. NULL if out of memory. */
struct inflight *inflight_new(void);

/* Frees 'inflight'; NULL is nothing. Jobs that are at work or wait are left as they are. Returns
 * NULL.
 */
struct inflight *inflight_free(struct inflight *inflight);

/*
 * Has 'job' wait for a job that is at work on the same library, loaded in the same way with the
 * same settings. False if there is none; others may wait for 'job' then.
 */
bool inflight_join(struct inflight *inflight, struct job *job);

/* The job that 'job' waits for; NULL if there is none. */
struct job *inflight_awaited(const struct job *job);

/* Takes note that nobody is to be told the verdict of 'job', which is at work, but who asks the
 * same from now on. */
void inflight_keep(struct inflight *inflight, struct job *job);

/* True if inflight_keep() was called for 'job', and nobody else was at work on the same. */
bool inflight_is_kept(const struct inflight *inflight, const struct job *job);

/* Takes out one that waits for 'job', which is kept and has its verdict: that is to be told to it.
 * NULL if nobody waits. */
struct job *inflight_take_heir(struct inflight *inflight, struct job *job);

/*
 * Takes out 'job', which is at work no more, or takes so long that nobody shall wait for it, or is
 * forgotten. The jobs that waited for it wait no more, are 'alone', and are appended to 'followers'
 * by their 'link'.
 */
void inflight_leave(struct inflight *inflight, struct job *job, struct job_list *followers);
