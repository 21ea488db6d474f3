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

/* A new empty set, or NULL when there is no memory. */
struct places *places_new(void);

struct places *places_free(struct places *places);

/*
 * Starts a new round: a place that was compared with the file system in an earlier one is compared
 * anew when asked for. Returns the round's number, which grows.
 */
uint64_t places_new_round(struct places *places);

/* The place of 'path' if there is a live one, else PLACE_NONE. Is not held for the caller. */
place_id places_find(const struct places *places, const char *path);

/*
 * Gets the place of 'path' as it is in the present round, made anew when it has changed, and holds
 * it for the caller. PLACE_NONE when there is no memory.
 */
place_id places_get(struct places *places, const char *path);

/* Gets a place as it was once, to be found right or wrong later; holds it. As above. */
place_id places_put(struct places *places, const char *path, const struct stamp *stamp);

/* Holds it once more, or gives it back. */
void places_hold(struct places *places, place_id place);
void places_drop(struct places *places, place_id place);

/* True if the place was still the same in the round numbered 'round' or in a later one; compares it
 * with the file system if need be. */
bool places_check(struct places *places, place_id place, uint64_t round);

const char *places_path(const struct places *places, place_id place);
const struct stamp *places_stamp(const struct places *places, place_id place);

size_t places_count(const struct places *places);

/* Bytes of all of them. */
size_t places_bytes(const struct places *places);

/* Whether a place can never be found the same again, and how many of those are held. */
bool places_is_dead(const struct places *places, place_id place);
size_t places_count_dead(const struct places *places);

/* How large numbers of places are at most, plus one. */
place_id places_end(const struct places *places);
