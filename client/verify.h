/* SPDX-License-Identifier: MIT */
#pragma once

/* Gets an answer for every path: from the user's daemon, from the next one when that dies, from a
 * private one when there is no other. */

struct answers;
struct autostart;
struct options;

/* When this returns, every path has its answer. */
void verify_run(
	const struct autostart *autostart, const struct options *options, struct answers *answers);
