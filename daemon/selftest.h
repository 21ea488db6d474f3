/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Acts that a confined process must not be able to do, tried in one. Every loader tries them
 * right before it is executed, so that nothing is loaded in a sandbox that does not hold;
 * tsuku-dltestd --check prints them. Between fork and exec: async-signal-safe, non-logging.
 */

#include <stdbool.h>

struct loadenv;
struct sandbox;

/* How many acts there are. */
unsigned selftest_count(void);

/* What an act is, for a person; NULL if there is no such act. */
const char *selftest_name(unsigned act);

/* A file or directory that loads in 'env' may not read, to be tried; NULL if the caller lets them
 * read everything. A constant. Allocates, so to be asked before the fork. */
const char *selftest_find_unreadable(const struct loadenv *env);

/* Whether an act is one that 'sandbox' must refuse at this stage: with 'child', to a load child;
 * otherwise to a zygote. 'unreadable' is what selftest_find_unreadable() returned. */
bool selftest_applies(
	const struct sandbox *sandbox, const char *unreadable, unsigned act, bool child);

/* Tries an act in the calling process. Returns 0 when it could be done, else the errno. */
int selftest_try(const char *unreadable, unsigned act);

/* Whether that errno is a refusal, and not a failure for another reason. */
bool selftest_is_refusal(int error);
