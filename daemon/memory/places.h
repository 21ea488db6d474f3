/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Paths and what they led to, each kept once however many verdicts rest on it. A place whose path
 * leads to something else is dead for good; the path then gets a new place. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stamp.h"

struct places;

/* A place by its number; numbers of places that nobody holds are given again. */
typedef uint32_t place_id;

#define PLACE_NONE UINT32_MAX

/* Makes an empty set, which places_free() frees. NULL if out of memory. */
struct places *places_new(void);

/* Frees 'places' and every place, held or not; NULL is nothing. Returns NULL. */
struct places *places_free(struct places *places);

/*
 * Starts a new round: a place that was compared with the file system in an earlier one is compared
 * anew when asked for. Returns the round's number, which grows.
 */
uint64_t places_new_round(struct places *places);

/* The number of the present round. */
uint64_t places_round(const struct places *places);

/* The place of 'path' that is alive, else PLACE_NONE. The place is not held for the caller. */
place_id places_find(const struct places *places, const char *path);

/*
 * Gets the place of 'path' as it is in the present round, made anew when it has changed, and holds
 * it for the caller. PLACE_NONE if out of memory.
 */
place_id places_get(struct places *places, const char *path);

/* The same of 'path' as it was in the round numbered 'round', or in a later one. */
place_id places_get_since(struct places *places, const char *path, uint64_t round);

/* Gets the place of 'path' as it was when 'stamp' was taken, to be found right or wrong later, and
 * holds it for the caller. PLACE_NONE if out of memory. */
place_id places_put(struct places *places, const char *path, const struct stamp *stamp);

/* Holds 'place', which somebody holds, once more. */
void places_hold(struct places *places, place_id place);

/* Gives 'place' back; with its last holder the place is freed. */
void places_drop(struct places *places, place_id place);

/* True if the place was still the same in the round numbered 'round' or in a later one; compares it
 * with the file system if need be. */
bool places_check(struct places *places, place_id place, uint64_t round);

/* The path of 'place', for as long as that is held. */
const char *places_path(const struct places *places, place_id place);

/* What the path of 'place' led to, for as long as that is held. */
const struct stamp *places_stamp(const struct places *places, place_id place);

/* The number of places, dead ones included. */
size_t places_count(const struct places *places);

/* The bytes that all places take. */
size_t places_bytes(const struct places *places);

/* True if 'place' can never be found the same again. */
bool places_is_dead(const struct places *places, place_id place);

/* The number of dead places, which are still held. */
size_t places_count_dead(const struct places *places);

/* The number above those of all places. */
place_id places_end(const struct places *places);
