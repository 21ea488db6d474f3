/* SPDX-License-Identifier: MIT */
#pragma once

/* The paths that are asked about: arguments, lists in files; tree.h has whole trees. */

#include <stdbool.h>
#include <stddef.h>

struct reach;

/* The absolute path for 'path': a copy, or 'path' below the working directory. The caller frees it.
 * NULL if out of memory, or if there is no working directory. */
char *paths_absolute(const char *path);

struct paths {
	char **items; /* as given; may be any bytes */
	size_t count;
	bool incomplete; /* true: a part of a tree could not be read */
};

/* Frees what 'paths' holds. */
void paths_fini(struct paths *paths);

/* Appends a copy of 'path'. Returns 0 or -ENOMEM. */
int paths_add(struct paths *paths, const char *path);

/* Appends 'path', which is taken over in any case. Returns 0 or -ENOMEM. */
int paths_take(struct paths *paths, char *path);

/*
 * Appends the paths that 'file' lists ("-" is standard input), each ended by 'separator'; empty
 * paths are left out. Returns 0, -EBADMSG if a path has a NUL within, -ETIMEDOUT if the file is
 * where nothing answers, or another -errno.
 */
int paths_add_from(struct paths *paths, const char *file, char separator, struct reach *reach);
