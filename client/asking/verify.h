/* SPDX-License-Identifier: MIT */
#pragma once

/* Gets an answer for every path: from the user's daemon, from the next one when that dies, from a
 * private one when there is no other. */

#include <stdbool.h>

struct answers;
struct autostart;
struct request;

/* What is asked, and whom. */
struct verify {
	const struct autostart *autostart;
	const struct request *request;
	bool no_daemon;			/* a private daemon alone is asked */
	void (*on_wait)(void *context); /* called now and then while nothing comes; or NULL */
	void *context;
};

/* When this returns, every path has its answer; without a verdict when there is no use in more
 * (answers_fn). */
void verify_run(const struct verify *verify, struct answers *answers);
