/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The end of a process in words: whose code it was, what it had been refused, what it said at last.
 * Callers show the error and nothing else, so all of it is in there. Non-logging.
 */

#include <stdbool.h>

struct verdict;

/* True if a further load can tell more of the end that 'verdict' is about. */
bool ending_is_explicable(const struct verdict *verdict);

/* Takes into 'verdict' what 'trial', the same load once more, knows of its end, if it ended the
 * same way. What there is no memory for is not told. */
void ending_take(struct verdict *verdict, struct verdict *trial);

/* Adds to the error of 'verdict' what is known of its end, if it is about one. What there is no
 * memory for is not told. */
void ending_tell(struct verdict *verdict);
