/* SPDX-License-Identifier: MIT */
#pragma once

/* The package of a library: what was installed together with it, as far as the directories tell.
 * Non-logging. */

#include "strv.h"

struct loadenv;
struct sight;

/* Directories on the way that are listed at most. */
#define PACKAGE_TREES_MAX 16

/*
 * Appends to 'trees' the directories above the library at 'path', resolved and the nearest first,
 * up to that of its package: below $TSUKU_HOME/libs the directory right below; else that which
 * holds the outermost lib, lib32, lib64 or libx32 on the way from the allowed directory, or the
 * first on the way if there is none. That is the allowed directory itself where the user named it
 * and it has a lib or lib64, or the library. A site-packages or dist-packages is no package.
 * Appends nothing where a library is in no package. What lies on file systems that may not answer
 * is known by 'sight' (sight.h), or wanted by it. Returns 0 or -ENOMEM.
 */
int package_list(
	struct strv *trees, const struct loadenv *env, const char *path, struct sight *sight);
