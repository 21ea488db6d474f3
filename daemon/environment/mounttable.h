/* SPDX-License-Identifier: MIT */
#pragma once

/* The table of what is mounted: by which further names a directory can be reached. It is read
 * without touching a file system. One implementation a platform. Non-logging. */

#include <stdbool.h>

/* True if somewhere below the directory 'dir' something is mounted that 'target' is in, or that is
 * 'target' itself; both without symlinks. True as well if that cannot be told. */
bool mounttable_has_below(const char *dir, const char *target);
