/* SPDX-License-Identifier: MIT */
#pragma once

/* A load child, from the fork to the job: its descriptors, its limits, its own layers of
 * confinement (L2 and S2 of docs/SECURITY.md). */

#include <sys/types.h>

#include "setup.h"

/*
 * Becomes a load child: 'channel' and 'output' are its two descriptors, 'zygote' its parent.
 * Waits for a job and does it. Called right after fork(); every other descriptor is closed.
 */
_Noreturn void child_run(const struct setup *setup, int channel, int output, pid_t zygote);

/*
 * The same for a trace: executes the dynamic linker, under the confinement that the zygote has. It
 * runs nothing of what it maps.
 */
_Noreturn void child_trace(const struct setup *setup, int channel, int output, pid_t zygote);
