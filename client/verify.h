/* SPDX-License-Identifier: MIT */
#pragma once

/* Gets an answer for every path: from the user's daemon, from the next one when that dies, from a
 * private one when there is no other. */

struct answers;
struct autostart;
struct options;

/* Who wants to show that something is going on. */
struct verify_watcher {
	void (*on_wait)(void *context); /* called now and then while nothing comes; or NULL */
	void *context;
};

/* When this returns, every path has its answer; without a verdict when there is no use in more
 * (answers_fn). */
void verify_run(const struct autostart *autostart, const struct options *options,
	const struct verify_watcher *watcher, struct answers *answers);
