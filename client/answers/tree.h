/* SPDX-License-Identifier: MIT */
#pragma once

/* A tree of libraries, and the paths of those in it. */

struct paths;
struct reach;

/*
 * Appends the shared libraries below 'libs', in the order of their bytes: regular files named like
 * one, so that no library is tried once more for each link to it. What tsuku has not finished
 * installing (top-level names with a dot in front) is left out. Directories that cannot be read, or
 * are where nothing answers, are named on stderr, and paths->incomplete is set. Returns 0 or
 * -ENOMEM.
 */
int tree_add(struct paths *paths, const char *libs, struct reach *reach);
