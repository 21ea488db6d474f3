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

/* The number of acts. */
unsigned selftest_count(void);

/* The words for 'act', for a person; NULL if there is no such act. */
const char *selftest_name(unsigned act);

/* A file or directory that loads in 'env' may not read, to be tried; NULL if the caller of the load
 * lets them read everything. A constant text, but finding it allocates: to be called before the
 * fork. */
const char *selftest_find_unreadable(const struct loadenv *env);

/* Where an act is tried. */
enum selftest_place {
	SELFTEST_IN_ZYGOTE, /* or in what becomes one */
	SELFTEST_IN_CHILD,  /* in a load child */
};

/* True if 'act' is one that 'sandbox' must refuse at that 'place'. 'unreadable' is what
 * selftest_find_unreadable() returned. */
bool selftest_applies(const struct sandbox *sandbox, const char *unreadable, unsigned act,
	enum selftest_place place);

/* False if 'act' is to read what is 'unreadable', and nothing is. */
bool selftest_can_be_tried(const char *unreadable, unsigned act);

/* Tries 'act', which can be, in the calling process, and changes nothing for others if it succeeds.
 * Returns 0 if the act could be done, else the errno. */
int selftest_try(const char *unreadable, unsigned act);

/* True if 'act' could not be tried for 'error', which is want of a descriptor or memory. Such a
 * want comes before a refusal only where Landlock refuses; where the filter should have refused,
 * the act was possible. */
bool selftest_is_untried(unsigned act, int error);

/* True if 'error', an errno, is a refusal, and not a failure for another reason. */
bool selftest_is_refusal(int error);
