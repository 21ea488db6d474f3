/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * This system's C library: that of the dynamic linker which the loader runs with, and no other that
 * lies somewhere under its name. The parts of one C library, the dynamic linker among them, are
 * made for one another. Non-logging.
 */

#include <stdbool.h>

#include "strv.h"

struct sight;

/* Says which dynamic linker that is, by its resolved path, which has to stay; NULL: there is none.
 * Without it, that of this very process. Before all else. */
void clibrary_set_linker(const char *linker);

/* The file name of the C library proper. */
#define CLIBRARY_NAME "libc.so.6"

/* The resolved path of the C library; NULL where the dynamic linker has one of another kind, as
 * musl's has. Static memory, not to be freed. */
const char *clibrary_path(void);

/* True if the file at 'path' has the name of a part of the C library, and is not this system's. A
 * link to that is no other file. What lies on a file system that may not answer is known by 'sight'
 * (sight.h), or wanted by it. */
bool clibrary_is_foreign(const char *path, struct sight *sight);

/* Appends to 'files' each foreign C library proper, not its other parts, that the dynamic linker
 * would find in 'dir', each once, as far as 'sight' knows. Returns 0 or -ENOMEM. */
int clibrary_find_foreign(struct strv *files, const char *dir, struct sight *sight);
