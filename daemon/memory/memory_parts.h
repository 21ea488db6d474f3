/* SPDX-License-Identifier: MIT */
#pragma once

/* The parts of a memory; for memory.c, memory_file.c and memory_sitting.c alone. */

#include <stdint.h>

#include "memory_context.h"
#include "memory_entry.h"
#include "memory_sitting.h"

struct places;
struct witness;

struct memory {
	struct places *places;
	struct memory_contexts contexts;
	struct memory_entries entries;
	struct memory_waiting *waiting; /* by path */
	size_t effort, waiting_bytes;	/* of those that wait */
	size_t new_count, new_effort;	/* of those that came since places were last found */
	struct memory_sitting sitting;
	uint64_t version;	 /* memory_version() */
	int mounts;		 /* descriptor to ask with (mounts.h) */
	struct moment mounted;	 /* when a mount was last noticed */
	struct witness *witness; /* or NULL */
	uint64_t watched;	 /* loadenv.dirs_digest of what it was told to watch last */
};
