/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Hash tables, by uthash. Libraries and callers name what the tables hold, so the hash is keyed:
 * nobody can choose many names that get in one another's way. Without memory an element is not
 * added, and the program goes on; see hashtable_has(). Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

#define HASH_FUNCTION(key, size, hash) ((hash) = hashtable_hash(key, size))
#define HASH_NONFATAL_OOM	       1
#include <uthash.h>

/* SipHash-1-3 of 'size' bytes, cut to what uthash takes, with a key that is another in each
 * process: not to be written to files. */
unsigned hashtable_hash(const void *bytes, size_t size);

/* True if the element of 'handle', which was to be added just now, is in its table. If not, there
 * was no memory for that, and the element is still the caller's. */
static inline bool hashtable_has(const UT_hash_handle *handle) {
	return handle->tbl != NULL;
}
