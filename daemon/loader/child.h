/* SPDX-License-Identifier: MIT */
#pragma once

/* A load child, from the fork to the job: its descriptors, its limits, its own layers of
 * confinement (L2 and S2 of docs/SECURITY.md). */

#include <sys/types.h>

#include "host.h"
#include "setup.h"

struct child {
	const struct setup *setup;
	int channel;
	int output;	       /* descriptor that the child prints to; -1: none */
	struct host_gift host; /* with LOADER_COMMAND_HOST; else both are -1 */
	pid_t zygote;	       /* the child's parent */
	int cpu;	       /* processor to stay on; -1 for any */
};

/*
 * Becomes a load child: confines itself, waits for a job and does it. Called right after fork();
 * every descriptor but its own is closed.
 */
_Noreturn void child_run(const struct child *child);

/*
 * Becomes a child that traces: executes the dynamic linker, and may do that alone. Of what the
 * linker maps it runs audit libraries (rtld-audit(7)); the rest it relocates, and a hostile file
 * may have it relocate the linker itself.
 */
_Noreturn void child_trace(const struct child *child);
