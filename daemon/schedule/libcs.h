/* SPDX-License-Identifier: MIT */
#pragma once

/* Which C library a job's library is loaded with: what its request insists on; else its own, as the
 * loader's form check tells it (platform.h there), or this machine's. Non-logging. */

#include <stdbool.h>

struct job;
struct loader;
struct loaders;
struct request;
struct verdict;

/* The loader that a library is given to first; NULL if that one cannot run here. */
const struct loader *libcs_choose(struct loaders *loaders, const struct request *request);

/*
 * The loader of the other C library, if the first attempt at 'job' came to 'verdict' because the
 * library is for that one. NULL if it was not, or if there is nothing to load it with here: then
 * 'verdict' says that.
 */
const struct loader *libcs_find_other(
	struct loaders *loaders, const struct job *job, struct verdict *verdict);

/* True if 'verdict' is that the library of 'job', which was given to the other C library for what
 * it lacks, is not for that either. */
bool libcs_is_refused(const struct job *job, const struct verdict *verdict);
