/* SPDX-License-Identifier: MIT */
#pragma once

/* Remembered verdicts as a table of entries. For memory*.c and footing.c alone. Non-logging. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "hashtable.h"
#include "places.h"
#include "recall.h"

/* Bytes of all verdicts and places at most. Most take a thousand. Of 3,800 libraries of Debian 12
 * some lack so many symbols that the list takes 34 KiB, and hostile ones rest on what they want;
 * many such must not fill the memory. */
#define MEMORY_BYTES_MAX (16 * 1024 * 1024)

struct memory_context;
struct memory_contexts;
struct verdict;

struct memory_key {
	struct memory_context *context;
	uint64_t path; /* place_id of the path that was asked about */
};

struct memory_entry {
	UT_hash_handle hh; /* memory_entries.by_key */
	struct memory_key key;
	TAILQ_ENTRY(memory_entry) used; /* memory_entries.used */
	struct memory_context *context; /* held */
	place_id *places;		/* held: the path, the objects, all else */
	uint32_t objects_count;
	uint32_t places_count;
	struct recall recall;
	bool provisional; /* the verdict is not given before it has come out the same again */
	bool detailed;	  /* worked out for a request that wanted details */
};

struct memory_entries {
	struct places *places;
	struct memory_contexts *contexts;
	struct memory_entry *by_key;
	TAILQ_HEAD(memory_entry_list, memory_entry) used; /* the one used last comes last */
	size_t bytes;					  /* of all recalls and lists of places */
};

/* Makes 'entries' an empty table, over places and contexts that must outlive it.
 * memory_entries_fini() frees it. */
void memory_entries_init(
	struct memory_entries *entries, struct places *places, struct memory_contexts *contexts);

/* Frees all entries. */
void memory_entries_fini(struct memory_entries *entries);

/* Adds a copy of 'entry', whose places and recall the table takes over, in place of one with the
 * same path and context. Out of memory, the entry is dropped. */
void memory_entries_add(struct memory_entries *entries, struct memory_entry *entry);

/* Gives back what 'entry', which is in no table, holds: its places and its recall. */
void memory_entries_discard(struct memory_entries *entries, struct memory_entry *entry);

/* The entry of the path whose place is 'path' in 'context'; NULL if there is none. */
struct memory_entry *memory_entries_find(
	struct memory_entries *entries, struct memory_context *context, place_id path);

/* True if all places of 'entry' are the same in the round numbered 'round' or later; else the entry
 * is forgotten and freed. */
bool memory_entry_check(struct memory_entries *entries, struct memory_entry *entry, uint64_t round);

/* How much of a verdict is read. */
enum memory_entry_extent {
	MEMORY_ENTRY_PLAIN,
	MEMORY_ENTRY_WITH_OBJECTS, /* the objects that were mapped, too */
};

/* Reads as much of the verdict of 'entry', and makes the entry the one used last. verdict_fini()
 * frees *ret_verdict. Returns 0; -ENOMEM, or -EBADMSG for what was not written so. */
int memory_entry_read(struct memory_entries *entries, struct memory_entry *entry,
	enum memory_entry_extent extent, struct verdict *ret_verdict);

/* Forgets the entries that can never be recalled, then the longest unused ones beyond 'limit', or
 * beyond MEMORY_BYTES_MAX. */
void memory_entries_trim(struct memory_entries *entries, size_t limit);

/* The number of entries. */
size_t memory_entries_count(const struct memory_entries *entries);
