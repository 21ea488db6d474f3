/* SPDX-License-Identifier: MIT */
#pragma once

/* Administration of the running daemon: --status and --stop. */

#include <stdbool.h>

struct autostart;

/* Prints the running daemon's status to stdout: with 'for_people' as lines for a person, otherwise
 * as JSON. Returns the exit status. */
int admin_status(const struct autostart *autostart, bool for_people);

/* Asks the running daemon to finish and exit, and waits until it has. Returns the exit status. */
int admin_stop(const struct autostart *autostart);
