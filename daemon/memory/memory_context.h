/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What many remembered verdicts have in common: the settings of their requests and what configures
 * the dynamic linker's search for all. A context in which something has changed is dead for good,
 * like a place. For memory*.c alone. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hashtable.h"
#include "places.h"
#include "strv.h"

struct loadenv;
struct request;
struct settled;
struct witness;

#define MEMORY_CONTEXT_PLACES_MAX 8

struct memory_context {
	UT_hash_handle hh; /* memory_contexts.by_key, while alive */
	char *key;
	size_t users; /* verdicts that are kept or wait */
	size_t bytes; /* what it takes for itself, as far as that was counted */
	bool dead;    /* one of the places has changed; the context is in no table */
	place_id places[MEMORY_CONTEXT_PLACES_MAX];
	size_t places_count;
	/* Directories whose identity (device, inode) was known before any load in them. */
	struct strv trusted;
	struct stamp *stamps;	/* the identity of each of 'trusted', and its way */
	uint32_t position;	/* in the file that is being written */
	uint64_t trusted_round; /* the last one in which 'trusted' was compared */
};

struct memory_contexts {
	struct places *places;
	struct memory_context *by_key;
	size_t bytes; /* of all contexts, the dead ones included */
};

/* The key of the context for loads in 'env' under the settings of 'request': equal for requests
 * that may share verdicts. The caller frees the text; NULL if out of memory. */
char *memory_context_key(const struct loadenv *env, const struct request *request);

/* The context of 'key' in which nothing has changed up to the round numbered 'round'; NULL if there
 * is none. The context is not held. */
struct memory_context *memory_context_find(
	struct memory_contexts *contexts, const char *key, uint64_t round);

/* The same context, made if need be from 'env' (NULL: with no directory trusted), and not held
 * either. NULL if out of memory. */
struct memory_context *memory_context_get(struct memory_contexts *contexts, const char *key,
	const struct loadenv *env, uint64_t round);

/* A new context of 'key' with these places, which it takes over, in place of any other of that key.
 * NULL if out of memory; the places then stay the caller's. */
struct memory_context *memory_context_put(
	struct memory_contexts *contexts, const char *key, const place_id *places, size_t count);

/* Has 'witness' watch where the configuration of every context is, in the round numbered 'round'.
 */
void memory_context_watch(struct witness *witness, uint64_t round);

/* Holds 'context' for one user more: it is not freed before memory_context_drop(). */
void memory_context_hold(struct memory_context *context);

/* Gives 'context' back; the last user frees it. */
void memory_context_drop(struct memory_contexts *contexts, struct memory_context *context);

/* True if no place of 'context' has changed up to the round numbered 'round'; else the context is
 * dead from then on. */
bool memory_context_check(
	struct memory_contexts *contexts, struct memory_context *context, uint64_t round);

/* Tells 'settled', once in the round numbered 'round', of the trusted directories that are still
 * what they were. */
void memory_context_trust(struct memory_context *context, struct settled *settled, uint64_t round);

/* True if 'settled' says of every place of 'context' that it led to the same all the time. */
bool memory_context_is_settled(const struct memory_contexts *contexts,
	const struct memory_context *context, struct settled *settled);

/* Frees the contexts that nobody holds; there must be no others left. */
void memory_contexts_fini(struct memory_contexts *contexts);
