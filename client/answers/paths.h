/* SPDX-License-Identifier: MIT */
#pragma once

/* What is asked about: arguments, lists in files, whole trees. */

#include <stdbool.h>
#include <stddef.h>

/* A copy of 'path' if it is absolute, else that path below the working directory; the caller frees
 * it. NULL when there is no memory or no working directory. */
char *paths_absolute(const char *path);

struct paths {
	char **items; /* as given; may be any bytes */
	size_t count;
	bool incomplete; /* a tree has what could not be looked at */
};

void paths_fini(struct paths *paths);

/* Appends a copy of 'path'. Returns 0 or -ENOMEM. */
int paths_add(struct paths *paths, const char *path);

/*
 * Appends the paths that 'file' lists ("-" is standard input), each ended by 'separator'; empty
 * ones are left out. Returns 0, -EBADMSG when a path has a NUL within, or another -errno.
 */
int paths_add_from(struct paths *paths, const char *file, char separator);

/*
 * Appends the shared libraries below 'libs', in the order of their bytes: regular files named like
 * one, so that no library is tried once more for each link to it. What tsuku has not finished
 * installing (top-level names with a dot in front) is left out. What cannot be read is named on
 * stderr, and paths->incomplete set. Returns 0 or -ENOMEM.
 */
int paths_add_tree(struct paths *paths, const char *libs);
