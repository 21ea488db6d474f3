/* SPDX-License-Identifier: MIT */
#pragma once

/* The path of the program 'name', which has no slash, as a shell finds it by PATH, or where
 * services have theirs; the caller frees it. NULL if there is none, or no memory. Directories on
 * file systems that may not answer are left out (dltest/mounts.h). */
char *program_find(const char *name);
