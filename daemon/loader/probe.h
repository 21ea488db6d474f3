/* SPDX-License-Identifier: MIT */
#pragma once

/* The load itself: check the path and the form, dlopen, dlclose, report. */

#include <stddef.h>

#include "host.h"
#include "loader_abi.h"
#include "setup.h"

struct probe_job {
	uint32_t flags; /* LOADER_JOB_* */
	const char *path;
	const char *preload[LOADER_PRELOAD_MAX];
	size_t preload_count;
	struct host_gift host; /* with no names: there is none */
	size_t companions;     /* the first so many of them, see struct loader_job */
};

/*
 * Does 'job' and reports it over LOADER_FD_CHANNEL. Does not return: the process ends with
 * LOADER_EXIT_REPORTED, or in whatever way the library's code ends it.
 */
_Noreturn void probe_run(const struct setup *setup, const struct probe_job *job);
