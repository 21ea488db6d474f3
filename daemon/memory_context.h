/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What many remembered verdicts have in common: the settings of their requests and what configures
 * the dynamic linker's search for all. A context in which something has changed is dead for good,
 * like a place. For memory.c alone. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "places.h"
#include "strv.h"
#include "table.h"

struct loadenv;
struct request;
struct settled;

#define MEMORY_CONTEXT_PLACES_MAX 8

struct memory_context {
	UT_hash_handle hh; /* memory_contexts.by_key, while alive */
	char *key;
	size_t users; /* verdicts that are kept or wait */
	bool dead;
	place_id places[MEMORY_CONTEXT_PLACES_MAX];
	size_t places_count;
	/* Directories whose identity was known before any load in them, and that identity. */
	struct strv trusted;
	struct stamp *stamps;	/* of 'trusted'; device, inode and way */
	uint32_t position;	/* in the file that is being written */
	uint64_t trusted_round; /* the last one in which 'trusted' was compared */
};

struct memory_contexts {
	struct places *places;
	struct memory_context *by_key;
};

/* The context's text: equal for requests that may share verdicts. The caller frees it. NULL when
 * there is no memory. */
char *memory_context_key(const struct loadenv *env, const struct request *request);

/* The live context of that key in which nothing has changed up to the round numbered 'round', or
 * NULL. */
struct memory_context *memory_context_find(
	struct memory_contexts *contexts, const char *key, uint64_t round);

/* The same, made if need be from 'env' (NULL: with nothing trusted). Not held. NULL when there is
 * no memory. */
struct memory_context *memory_context_get(struct memory_contexts *contexts, const char *key,
	const struct loadenv *env, uint64_t round);

/* A context with these places, which it takes over, instead of any other of that key. NULL when
 * there is no memory; the places stay the caller's then. */
struct memory_context *memory_context_put(
	struct memory_contexts *contexts, const char *key, const place_id *places, size_t count);

void memory_context_hold(struct memory_context *context);

/* Gives it back; the last one frees it. */
void memory_context_drop(struct memory_contexts *contexts, struct memory_context *context);

/* Whether nothing that it consists of has changed up to the round numbered 'round'. */
bool memory_context_check(
	struct memory_contexts *contexts, struct memory_context *context, uint64_t round);

/* Tells 'settled', which is asked in the round numbered 'round', of the directories that are still
 * what they were. */
void memory_context_trust(struct memory_context *context, struct settled *settled, uint64_t round);

/* Whether what configures the search is 'settled'. */
bool memory_context_is_settled(const struct memory_contexts *contexts,
	const struct memory_context *context, struct settled *settled);

/* Frees the contexts that nobody holds. */
void memory_contexts_fini(struct memory_contexts *contexts);
