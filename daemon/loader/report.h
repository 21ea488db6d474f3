/* SPDX-License-Identifier: MIT */
#pragma once

/* Sends the load child's reports over its channel. */

#include <dltest/reasons.h>
#include <stddef.h>
#include <stdint.h>

#include "loader_abi.h"

struct report {
	enum loader_stage stage;
	enum dltest_reason reason;
	const char *text;  /* NUL-terminated, or NULL; cut at LOADER_TEXT_MAX */
	size_t text_size;  /* if the text has other NULs in it; else 0 */
	const char *facts; /* tagged, see enum dltest_fact */
	size_t facts_size;
	size_t about; /* see struct loader_report */
	uint64_t start_ns;
};

/* Monotonic time in nanoseconds. */
uint64_t report_now_ns(void);

/* Sends 'report'. A report that cannot be sent ends the process with LOADER_EXIT_NO_CHANNEL. */
void report_send(const struct report *report);

/* Sends 'report' and ends the process with LOADER_EXIT_REPORTED; no handler runs. */
_Noreturn void report_finish(const struct report *report);
