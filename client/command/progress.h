/* SPDX-License-Identifier: MIT */
#pragma once

/* The progress line on a terminal's standard error: of work that takes long, and not too often. */

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_wanted;	   /* true: there is a terminal to show it on */
	bool is_shown;	   /* true: the line stands there */
	uint64_t start_ms; /* when the work began */
	uint64_t shown_ms; /* when the line was last shown */
};

/* Starts the clock, and finds out whether there is a terminal. */
void progress_init(struct progress *progress);

/* True if the line is to be shown now. */
bool progress_is_due(const struct progress *progress);

/* Shows the line, as printf(3) makes it. */
__attribute__((format(printf, 2, 3))) void progress_show(
	struct progress *progress, const char *pattern, ...);

/* Removes the line if it is there. */
void progress_hide(struct progress *progress);
