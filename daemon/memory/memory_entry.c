/* SPDX-License-Identifier: MIT */
#include "memory_entry.h"

#include <stdlib.h>

#include "memory_context.h"
#include "verdict.h"

void memory_entries_init(
	struct memory_entries *entries, struct places *places, struct memory_contexts *contexts) {
	entries->places = places;
	entries->contexts = contexts;
	entries->by_key = NULL;
	entries->bytes = 0;
	TAILQ_INIT(&entries->used);
}

void memory_entries_discard(struct memory_entries *entries, struct memory_entry *entry) {
	for (uint32_t i = 0; i < entry->places_count; i++)
		places_drop(entries->places, entry->places[i]);
	free(entry->places);
	recall_fini(&entry->recall);
}

/* The bytes that 'entry' takes for itself; places and contexts are shared, and counted as well. */
static size_t bytes_of(const struct memory_entry *entry) {
	return sizeof(*entry) + entry->recall.size + entry->places_count * sizeof(*entry->places);
}

static bool is_too_much(const struct memory_entries *entries) {
	return entries->bytes + places_bytes(entries->places) + entries->contexts->bytes >
	       MEMORY_BYTES_MAX;
}

/* Frees 'entry', which is in no table. */
static void free_entry(struct memory_entries *entries, struct memory_entry *entry) {
	memory_entries_discard(entries, entry);
	memory_context_drop(entries->contexts, entry->context);
	free(entry);
}

static void forget(struct memory_entries *entries, struct memory_entry *entry) {
	HASH_DEL(entries->by_key, entry);
	TAILQ_REMOVE(&entries->used, entry, used);
	entries->bytes -= bytes_of(entry);
	free_entry(entries, entry);
}

void memory_entries_fini(struct memory_entries *entries) {
	struct memory_entry *entry;

	while ((entry = TAILQ_FIRST(&entries->used)))
		forget(entries, entry);
}

struct memory_entry *memory_entries_find(
	struct memory_entries *entries, struct memory_context *context, place_id path) {
	const struct memory_key key = {context, path};
	struct memory_entry *entry;

	HASH_FIND(hh, entries->by_key, &key, sizeof(key), entry);
	return entry;
}

static bool is_lost(const struct memory_entries *entries, const struct memory_entry *entry) {
	if (entry->context->dead)
		return true;
	for (uint32_t i = 0; i < entry->places_count; i++) {
		if (places_is_dead(entries->places, entry->places[i]))
			return true;
	}
	return false;
}

void memory_entries_add(struct memory_entries *entries, struct memory_entry *entry) {
	struct memory_entry *known = memory_entries_find(entries, entry->context, entry->places[0]);
	struct memory_entry *added = malloc(sizeof(*added));

	if (!added) {
		memory_entries_discard(entries, entry);
		return;
	}
	*added = *entry;
	added->key = (struct memory_key){entry->context, entry->places[0]};
	memory_context_hold(added->context);
	/* The same path, so the same file; and what it rested on has not changed since. */
	if (known && added->provisional && !is_lost(entries, known) &&
		recall_agrees(&known->recall, &added->recall))
		added->provisional = false;
	if (known)
		forget(entries, known);
	HASH_ADD(hh, entries->by_key, key, sizeof(added->key), added);
	if (!hashtable_has(&added->hh)) {
		free_entry(entries, added);
		return;
	}
	TAILQ_INSERT_TAIL(&entries->used, added, used);
	entries->bytes += bytes_of(added);
}

bool memory_entry_check(
	struct memory_entries *entries, struct memory_entry *entry, uint64_t round) {
	for (uint32_t i = 0; i < entry->places_count; i++) {
		if (!places_check(entries->places, entry->places[i], round)) {
			forget(entries, entry);
			return false;
		}
	}
	return true;
}

int memory_entry_read(struct memory_entries *entries, struct memory_entry *entry,
	enum memory_entry_extent extent, struct verdict *ret_verdict) {
	const uint32_t objects_count =
		extent == MEMORY_ENTRY_WITH_OBJECTS ? entry->objects_count : 0;
	int r = recall_read(&entry->recall, ret_verdict);

	/* There is no verdict then. */
	if (r < 0)
		return r;
	for (uint32_t i = 1; r == 0 && i <= objects_count; i++)
		r = facts_put(&ret_verdict->facts, DLTEST_FACT_OBJECT,
			places_path(entries->places, entry->places[i]));
	if (r < 0) {
		verdict_fini(ret_verdict);
		return r;
	}
	TAILQ_REMOVE(&entries->used, entry, used);
	TAILQ_INSERT_TAIL(&entries->used, entry, used);
	return 0;
}

void memory_entries_trim(struct memory_entries *entries, size_t limit) {
	struct memory_entry *entry, *next;

	if (places_count_dead(entries->places) > 0) {
		for (entry = TAILQ_FIRST(&entries->used); entry; entry = next) {
			next = TAILQ_NEXT(entry, used);
			if (is_lost(entries, entry))
				forget(entries, entry);
		}
	}
	while (memory_entries_count(entries) > limit ||
		(is_too_much(entries) && !TAILQ_EMPTY(&entries->used)))
		forget(entries, TAILQ_FIRST(&entries->used));
}

size_t memory_entries_count(const struct memory_entries *entries) {
	return HASH_COUNT(entries->by_key);
}
