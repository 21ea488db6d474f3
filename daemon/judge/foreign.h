/* SPDX-License-Identifier: MIT */
#pragma once

/* Foreign C libraries, or parts of one, that have to do with a failure. Non-logging. */

struct loadenv;
struct sight;
struct strv;
struct verdict;

/*
 * Has the error of 'verdict', of a library that failed in 'env' and, if further directories were
 * tried, in those of 'company', name what is not this system's C library: what is searched for
 * first by that name, though the library was loaded without, and each part that it was loaded with.
 * What says little about the library, or about its file alone, is left as it is. Without memory for
 * it, the error stays. What lies on file systems that may not answer is known by 'sight' (sight.h);
 * while that waits for something, nothing is done.
 */
void foreign_name(struct verdict *verdict, const struct loadenv *env, const struct strv *company,
	struct sight *sight);
