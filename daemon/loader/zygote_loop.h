/* SPDX-License-Identifier: MIT */
#pragma once

/* The zygote: forks a load child for each command and tells of each one's end. */

#include "setup.h"

/*
 * Serves the control socket until the daemon closes it. Returns the exit status for the process:
 * 0 after an end of file, LOADER_EXIT_PROTOCOL when the daemon's words made no sense.
 */
int zygote_loop_run(const struct setup *setup);

/* Says that there is no zygote, because its set-up could not be read for 'error', an errno. */
void zygote_loop_refuse(int error);
