/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The files that a process has mapped, to find out later whether a process started now would map
 * the same: a loader that runs on after an upgrade of the C library tests with the old one.
 * Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "stamp.h"

/* Loader, C library, dynamic linker, and what /etc/ld.so.preload adds. */
#define MAPPED_MAX 16

struct mapped {
	struct {
		char *path;
		struct stamp stamp;
	} files[MAPPED_MAX];
	size_t count;
	bool certain; /* nothing of it changed since the process started */
};

/* Takes the files of the process 'pid', which started at 'start' or later. mapped_fini() frees it.
 */
void mapped_take(struct mapped *mapped, pid_t pid, const struct moment *start);

/* A copy, of NULL an empty one; false, and also an empty one, when there is no memory. */
bool mapped_copy(const struct mapped *mapped, struct mapped *ret_copy);

/* Whether it is certain, and all files are as they were. */
bool mapped_is_same(const struct mapped *mapped);

void mapped_fini(struct mapped *mapped);
