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
	bool certain; /* no file changed since the process started */
};

/* Takes into 'mapped', in place of what it has, the files of the process 'pid', which started at
 * 'start' or later; 'mapped' is certain unless they cannot be told. mapped_fini() frees them. */
void mapped_take(struct mapped *mapped, pid_t pid, const struct moment *start);

/* Copies 'mapped' to *ret_copy; NULL gives an empty one. mapped_fini() frees the copy. False, and
 * an empty copy, if out of memory. */
bool mapped_copy(const struct mapped *mapped, struct mapped *ret_copy);

/* True if 'mapped' is certain, and all its files are as they were. */
bool mapped_is_same(const struct mapped *mapped);

/* Frees what 'mapped' has. */
void mapped_fini(struct mapped *mapped);
