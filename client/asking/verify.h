/* SPDX-License-Identifier: MIT */
#pragma once

/* The verification of all paths: each gets an answer from the user's daemon, from the next one when
 * that dies, or from a private one when there is no other, or none that has a verdict. */

#include <stdbool.h>

struct answers;
struct autostart;
struct request;

/* The settings of a verification: what is asked, and whom. */
struct verify {
	const struct autostart *autostart;
	const struct request *request;
	bool no_daemon;			/* true: a private daemon alone is asked */
	void (*on_wait)(void *context); /* called now and then while nothing comes; or NULL */
	void *context;
};

/* Asks until every path in 'answers' has its answer, which is one without a verdict where there is
 * no use in more (answers_fn), or the deadline of the autostart has passed. */
void verify_run(const struct verify *verify, struct answers *answers);
