/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A plugin's host: what this program would give to the library is stood in for (standin.h), and
 * what libraries it needs are loaded, before the library is. None of the program's own code runs.
 */

#include <stdint.h>

/* What the daemon gives of the host: descriptors, which host_stand_in() closes. */
struct host_gift {
	int program; /* open to read; -1: see the names */
	int names;   /* see LOADER_COMMAND_HOST; -1: there is no host */
};

/*
 * Reads the program and stands in for what it gives of the names. Tells facts: how many those are,
 * which are left, and why nothing could be done. What is left and the program's libraries may have
 * is had by loading those, which is told of in reports (LOADER_STAGE_HOST) with the time since
 * 'start_ns'. A program or names of which nothing can be made are the same as none at all.
 */
void host_stand_in(const struct host_gift *gift, uint64_t start_ns);
