/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What happened in directories while loads ran, as the kernel tells it: a directory's times say
 * that something in it has changed, and not which name. What is not witnessed is no news, but
 * unknown. One implementation a platform. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>

struct stat;
struct witness;

/* Makes a witness that sees nothing yet; witness_free() frees it. NULL if there can be none: every
 * function takes that for one that sees nothing. */
struct witness *witness_new(void);

/* Frees 'witness'; NULL is nothing. Returns NULL. */
struct witness *witness_free(struct witness *witness);

/* Has 'witness' watch the directory 'dir' from now on, in the round numbered 'round' (places.h). */
void witness_watch(struct witness *witness, const char *dir, uint64_t round);

/* The same for 'path' and all directories above it, but for those watched already by the same path:
 * whether this leads to another directory now is not looked at. One on which
 * nothing can rest (footing_is_too_deep()) is not watched. */
void witness_watch_way(struct witness *witness, const char *path, uint64_t round);

/* Has 'witness' take note, in the round numbered 'round', of all that has happened up to now. */
void witness_read(struct witness *witness, uint64_t round);

/* True if the directory of 'status' certainly was neither moved nor given other permissions since
 * the round numbered 'since' began, up to the last witness_read(). */
bool witness_saw_same(const struct witness *witness, const struct stat *status, uint64_t since);

/* True if, besides, nothing of the name 'name' was made, removed or moved in it. */
bool witness_saw_name_same(
	const struct witness *witness, const struct stat *status, const char *name, uint64_t since);
