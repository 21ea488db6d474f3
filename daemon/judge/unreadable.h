/* SPDX-License-Identifier: MIT */
#pragma once

/* What is where it was searched, and may not be read by loads. Non-logging. */

struct loadenv;
struct verdict;

/* What the error of a library says that may not be read; the load child says the same of what the
 * library itself needs (daemon/loader/dependency.c). */
#define UNREADABLE_WORDS "is there, and may not be read here: --root "

/*
 * Has the error of 'verdict', which lacks libraries and whose basis tells where was searched for
 * them in 'env', name the first that is there, and that a load in 'env' may not read, with the
 * directory that --root would allow; unless it says so of another already. Without memory for it
 * the error stays. What lies on file systems that may not answer is not named.
 */
void unreadable_name(struct verdict *verdict, const struct loadenv *env);
