/* SPDX-License-Identifier: MIT */
#pragma once

/* --status and --stop. */

struct autostart;

/* Prints the running daemon's status to stdout. Returns the exit status. */
int admin_status(const struct autostart *autostart);

/* Asks the running daemon to finish and exit, and waits until it has. Returns the exit status. */
int admin_stop(const struct autostart *autostart);
