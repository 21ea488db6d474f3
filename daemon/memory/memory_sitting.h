/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Verdicts that wait for certainty, and how they are settled: the places that they rest on are
 * found for a few as they come, and judged for many. What one sitting has looked at for the one is
 * not looked at again for the next. For memory*.c alone. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "footing.h"
#include "mapped.h"
#include "memory_entry.h"
#include "stamp.h"

struct memory;

/* A verdict that is not certain yet. */
struct memory_waiting {
	UT_hash_handle hh; /* memory.waiting, by 'path' */
	struct memory_context *context;
	char *path;
	struct moment start;
	uint64_t round; /* of the request */
	struct footing_paths paths;
	struct mapped mapped; /* the files of the loader that was used */
	struct recall recall;
	size_t effort, bytes;
	bool provisional, detailed;
	bool is_found;		   /* true: 'entry' has the places and the recall */
	bool is_certain;	   /* true: nothing that it rests on has changed */
	struct memory_entry entry; /* in no table */
};

/* What several settlings have in common. */
struct memory_sitting {
	struct footing *footing; /* NULL: there is no sitting */
	uint64_t round;		 /* in which it began: every stamp is of this one or of later */
	struct moment start;	 /* of the first load of all its verdicts: before every stamp */
	uint64_t since;		 /* the round of the first request of them all */
	size_t count;		 /* of its verdicts */
	bool has_failed;	 /* true: one of them can never be certain */
};

/* Frees 'waiting', which is in no table and holds no context. */
void memory_waiting_free(struct memory_waiting *waiting);

/* Takes 'waiting' out of 'memory', and frees it. */
void memory_waiting_drop(struct memory *memory, struct memory_waiting *waiting);

/* Takes note of whether anything was mounted since the last time. */
void memory_sitting_note_mounts(struct memory *memory);

/* Finds the places of all verdicts that wait. A sitting begins if there is none. */
void memory_sitting_find(struct memory *memory);

/* Finds out about all verdicts that wait: they are then remembered or dropped. The sitting goes on
 * as long as that is of use. */
void memory_sitting_judge(struct memory *memory);

/* Ends the sitting, if there is one: what is found from now on is looked at anew. */
void memory_sitting_end(struct memory *memory);
