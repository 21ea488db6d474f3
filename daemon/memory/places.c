/* SPDX-License-Identifier: MIT */
#include "places.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hashtable.h"

struct place {
	UT_hash_handle hh; /* places.by_path, while alive */
	char *path;
	struct stamp stamp;
	uint64_t round; /* the last one in which the place was found the same */
	uint32_t holders;
	place_id id;
	bool dead;
};

struct places {
	struct place **list; /* by number; NULL: the number is free */
	place_id end, capacity, free_hint;
	struct place *by_path;
	uint64_t round; /* the present one */
	size_t count, dead_count, bytes;
};

struct places *places_new(void) {
	return calloc(1, sizeof(struct places));
}

static size_t bytes_of(const struct place *place) {
	return sizeof(*place) + strlen(place->path) + 1;
}

static void free_place(struct places *places, struct place *place) {
	if (!place->dead)
		HASH_DEL(places->by_path, place);
	else
		places->dead_count--;
	places->list[place->id] = NULL;
	if (place->id < places->free_hint)
		places->free_hint = place->id;
	places->count--;
	places->bytes -= bytes_of(place);
	free(place->path);
	free(place);
}

struct places *places_free(struct places *places) {
	if (!places)
		return NULL;
	for (place_id id = 0; id < places->end; id++) {
		if (places->list[id])
			free_place(places, places->list[id]);
	}
	free(places->list);
	free(places);
	return NULL;
}

uint64_t places_new_round(struct places *places) {
	return ++places->round;
}

uint64_t places_round(const struct places *places) {
	return places->round;
}

static struct place *find(const struct places *places, const char *path) {
	struct place *place;

	HASH_FIND_STR(places->by_path, path, place);
	return place;
}

place_id places_find(const struct places *places, const char *path) {
	struct place *place = find(places, path);

	return place ? place->id : PLACE_NONE;
}

static bool take_number(struct places *places, place_id *ret_id) {
	while (places->free_hint < places->end && places->list[places->free_hint])
		places->free_hint++;
	if (places->free_hint == places->end) {
		if (places->end == places->capacity) {
			place_id capacity = places->capacity ? places->capacity * 2 : 256;
			struct place **list =
				reallocarray(places->list, capacity, sizeof(struct place *));

			if (!list)
				return false;
			places->list = list;
			places->capacity = capacity;
		}
		places->list[places->end++] = NULL;
	}
	*ret_id = places->free_hint;
	return true;
}

static struct place *add(struct places *places, const char *path, const struct stamp *stamp) {
	struct place *place = calloc(1, sizeof(*place));

	if (place && (place->path = strdup(path)) && take_number(places, &place->id))
		HASH_ADD_KEYPTR(hh, places->by_path, place->path, strlen(place->path), place);
	if (!place || !hashtable_has(&place->hh)) {
		if (place)
			free(place->path);
		free(place);
		return NULL;
	}
	place->stamp = *stamp;
	places->list[place->id] = place;
	places->count++;
	places->bytes += bytes_of(place);
	return place;
}

/* Marks 'place' as dead: its path can be another place's from now on. */
static void kill_place(struct places *places, struct place *place) {
	HASH_DEL(places->by_path, place);
	place->dead = true;
	places->dead_count++;
}

/* True if 'place' was found the same in 'round' or later; else it is dead from now on. */
static bool check(struct places *places, struct place *place, uint64_t round) {
	if (place->dead)
		return false;
	if (place->round >= round)
		return true;
	struct stamp now = stamp_take(place->path);
	if (!stamp_equals(&now, &place->stamp)) {
		kill_place(places, place);
		return false;
	}
	place->round = places->round;
	return true;
}

place_id places_get(struct places *places, const char *path) {
	return places_get_since(places, path, places->round);
}

place_id places_get_since(struct places *places, const char *path, uint64_t round) {
	struct place *place = find(places, path);

	if (!place || !check(places, place, round)) {
		struct stamp stamp = stamp_take(path);

		/* A place that died without holders was freed with its last one. */
		place = add(places, path, &stamp);
		if (!place)
			return PLACE_NONE;
		place->round = places->round;
	}
	place->holders++;
	return place->id;
}

place_id places_put(struct places *places, const char *path, const struct stamp *stamp) {
	struct place *place = find(places, path);

	if (place && !stamp_equals(&place->stamp, stamp)) {
		kill_place(places, place);
		place = NULL;
	}
	if (!place)
		place = add(places, path, stamp);
	if (!place)
		return PLACE_NONE;
	place->holders++;
	return place->id;
}

void places_hold(struct places *places, place_id id) {
	places->list[id]->holders++;
}

void places_drop(struct places *places, place_id id) {
	struct place *place = places->list[id];

	assert(place && place->holders > 0);
	if (--place->holders == 0)
		free_place(places, place);
}

bool places_check(struct places *places, place_id id, uint64_t round) {
	return check(places, places->list[id], round);
}

const char *places_path(const struct places *places, place_id id) {
	return places->list[id]->path;
}

const struct stamp *places_stamp(const struct places *places, place_id id) {
	return &places->list[id]->stamp;
}

size_t places_count(const struct places *places) {
	return places->count;
}

size_t places_bytes(const struct places *places) {
	return places->bytes;
}

bool places_is_dead(const struct places *places, place_id id) {
	return places->list[id]->dead;
}

size_t places_count_dead(const struct places *places) {
	return places->dead_count;
}

place_id places_end(const struct places *places) {
	return places->end;
}
