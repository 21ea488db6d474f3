/* SPDX-License-Identifier: MIT */
#pragma once

/* The paths that are asked about: arguments, lists in files; tree.h has whole trees. */

#include <stdbool.h>
#include <stddef.h>

struct reach;

/* The absolute path for 'path': a copy, or 'path' below the working directory. The caller frees it.
 * NULL if out of memory, or if there is no working directory. */
char *paths_absolute(const char *path);

/* Where a path comes from, and with that what its file is to be. */
enum path_kind {
	PATH_NAMED,  /* the caller named it: it is to load */
	PATH_FOUND,  /* of a tree: it is to load if it is for this machine */
	PATH_BESIDE, /* of a tree: has a library's name, and when it was found was none */
};

struct path {
	char *text; /* as given; may be any bytes */
	enum path_kind kind;
};

struct paths {
	struct path *items;
	size_t count;
	bool incomplete; /* true: a part of a tree could not be read */
};

/* Frees what 'paths' holds. */
void paths_fini(struct paths *paths);

/* Appends a copy of 'path', as one that was named. Returns 0 or -ENOMEM. */
int paths_add(struct paths *paths, const char *path);

/* Appends 'path' as one of 'kind'. It is taken over in any case; NULL is want of memory. Returns 0
 * or -ENOMEM. */
int paths_take(struct paths *paths, char *path, enum path_kind kind);

/*
 * Appends the paths that 'file' lists ("-" is standard input), each ended by 'separator'; empty
 * paths are left out. Returns 0, -EBADMSG if a path has a NUL within, -ETIMEDOUT if the file is
 * where nothing answers, or another -errno.
 */
int paths_add_from(struct paths *paths, const char *file, char separator, struct reach *reach);
