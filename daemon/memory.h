/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Remembered verdicts. One is given again only if everything it rests on is as it was when it was
 * worked out: the library, every object that was mapped, every directory that was searched, what
 * configures the search. What may have changed while a load ran is not kept. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stamp.h"

struct loadenv;
struct mapped;
struct memory;
struct request;
struct verdict;

/* Verdicts kept at most; of more, those not asked for the longest are forgotten. */
#define MEMORY_VERDICTS_MAX 16384

/* How a verdict came about. */
struct memory_load {
	const struct loadenv *env;
	const struct mapped *mapped; /* what the loader itself consisted of; NULL: unknown */
	struct moment start;	     /* of the first load */
};

/* A new empty memory, or NULL when there is none of the other kind. */
struct memory *memory_new(void);

struct memory *memory_free(struct memory *memory);

/* Starts a round for a request that has arrived: nothing that was compared with the file system
 * before answers for it. Returns the round's number, which memory_recall() takes. */
uint64_t memory_new_request(struct memory *memory);

/*
 * Recalls the verdict of the library at 'path' in 'env' under the settings of 'request', in the
 * round that was started for that request or in a later one. False if there is none that still
 * holds. verdict_fini() frees the verdict.
 */
bool memory_recall(struct memory *memory, const struct loadenv *env, const struct request *request,
	const char *path, uint64_t round, struct verdict *ret_verdict);

/*
 * Keeps a verdict, which came about as 'load' says, if it is one of those that can be kept;
 * 'verdict' stays the caller's. It can be recalled once it is certain that nothing had changed
 * meanwhile, which is found out for many at a time. What there is no memory for is not kept.
 */
void memory_keep(struct memory *memory, const struct memory_load *load,
	const struct request *request, const char *path, const struct verdict *verdict);

/* Finds out about those that are not certain yet. */
void memory_settle(struct memory *memory);

/* Verdicts remembered. */
size_t memory_count(const struct memory *memory);

/* Grows with each change. */
uint64_t memory_version(const struct memory *memory);
