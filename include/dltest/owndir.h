/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Directories that are the user's own: theirs, writable by nobody else, and reached by no symlink
 * of somebody else. What is written to others may land where somebody wants it to, or be exchanged.
 */

#include <stdbool.h>

/*
 * Opens the directory that is reached from 'path', an absolute one, by each of 'names' in turn;
 * NULL ends them. With 'make' those of 'names' that are not there are made, with mode 0700. Returns
 * a close-on-exec descriptor, which the caller closes; -EPERM if one of the directories, 'path'
 * included, is not the user's own, or its last part a symlink of somebody else; another -errno.
 */
int dltest_owndir_open(const char *path, const char *const *names, bool make);
