/* SPDX-License-Identifier: MIT */
#pragma once

/* Directories with the version of a program in their path. Non-logging. */

#include "hostindex.h"
#include "strv.h"

/*
 * Appends to 'places' the directories that 'pattern' is for, of whose parts each may be one of
 * glob(7): those that are there, the newest version first, 256 at most; and to 'searched' what was
 * looked through for them. Returns 0 or -ENOMEM.
 */
int hostindex_expand(
	struct hostindex *index, const char *pattern, struct strv *places, struct strv *searched);
