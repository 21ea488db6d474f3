/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Some of a load child's system calls come to the loader first: the opening of files, to find out
 * which the sandbox alone refuses, and the end of the process, to find out who ends it. They are
 * made all the same. For a load whose end is known already, and is to be explained: each of them
 * costs a signal.
 */

#include <stdbool.h>

/* From now on does so, and tells of refusals (LOADER_STAGE_REFUSED). Returns false where that
 * cannot be had. */
bool trapped_begin(void);
