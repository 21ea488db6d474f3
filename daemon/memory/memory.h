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
	const struct loadenv *env;   /* of the loads */
	const struct mapped *mapped; /* what the loader itself consisted of; NULL: unknown */
	/* In which the library was asked for, and found to be for the other C library, by its own
	 * form alone; NULL: in 'env'. */
	const struct loadenv *first_env;
	const struct mapped *first_mapped; /* likewise of 'first_env' */
	struct moment start;		   /* of the first load */
	uint64_t round;			   /* of the request: memory_new_request() */
};

/* Makes an empty memory, which memory_free() frees. NULL if out of memory. */
struct memory *memory_new(void);

/* Frees 'memory' and all that it remembers; NULL is nothing. Returns NULL. */
struct memory *memory_free(struct memory *memory);

/* Starts a round (places.h) for a request that has arrived, of loads in 'env': for it nothing
 * counts that was compared with the file system before. Returns the round's number, which
 * memory_recall() takes. */
uint64_t memory_new_request(struct memory *memory, const struct loadenv *env);

/*
 * Recalls the verdict of the library at 'path' in 'env' under the settings of 'request', for which
 * the round numbered 'round' was started. False if there is no verdict that still holds; else
 * verdict_fini() frees *ret_verdict.
 */
bool memory_recall(struct memory *memory, const struct loadenv *env, const struct request *request,
	const char *path, uint64_t round, struct verdict *ret_verdict);

/*
 * Keeps 'verdict', which came about as 'load' says, if verdicts of its kind can be kept; copies it.
 * A verdict can be recalled once it is certain that nothing had changed during the load, which is
 * found out for many at a time (memory_settle()). Out of memory, the verdict is not kept.
 */
void memory_keep(struct memory *memory, const struct memory_load *load,
	const struct request *request, const char *path, const struct verdict *verdict);

/* Finds out about the verdicts that are not certain yet: they are then remembered or dropped. */
void memory_settle(struct memory *memory);

/* The number of verdicts remembered, those that wait for certainty left out. */
size_t memory_count(const struct memory *memory);

/* A number that grows whenever verdicts have been added: the file of others is then out of date. */
uint64_t memory_version(const struct memory *memory);
