/* SPDX-License-Identifier: MIT */
#include "memory_sitting.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "memory.h"
#include "memory_parts.h"
#include "mounts.h"
#include "places.h"
#include "settled.h"
#include "witness.h"

/* Verdicts of one sitting at most. Of more the later ones would hang on what happened long before
 * they were asked for. */
#define SITTING_MAX 256

void memory_waiting_free(struct memory_waiting *waiting) {
	footing_paths_fini(&waiting->paths);
	mapped_fini(&waiting->mapped);
	recall_fini(&waiting->recall);
	free(waiting->path);
	free(waiting);
}

void memory_waiting_drop(struct memory *memory, struct memory_waiting *waiting) {
	HASH_DEL(memory->waiting, waiting);
	memory->effort -= waiting->effort;
	memory->waiting_bytes -= waiting->bytes;
	if (waiting->is_found)
		memory_entries_discard(&memory->entries, &waiting->entry);
	memory_context_drop(&memory->contexts, waiting->context);
	memory_waiting_free(waiting);
}

void memory_sitting_note_mounts(struct memory *memory) {
	if (mounts_have_changed(memory->mounts))
		memory->mounted = moment_now();
}

static int compare(const struct timespec *one, const struct timespec *other) {
	if (one->tv_sec != other->tv_sec)
		return one->tv_sec < other->tv_sec ? -1 : 1;
	return one->tv_nsec < other->tv_nsec ? -1 : one->tv_nsec > other->tv_nsec;
}

/* Within one tick of the monotonic clock the real-time clock decides, which may have been set. */
static bool is_earlier(const struct moment *one, const struct moment *other) {
	int order = compare(&one->monotonic, &other->monotonic);

	return order < 0 || (order == 0 && compare(&one->real, &other->real) < 0);
}

/* True if a loader started now would be the same program with the same C library as the one that
 * the verdict was worked out with: an older one runs on after an upgrade. */
static bool is_of_this_loader(const struct memory *memory, const struct mapped *mapped) {
	for (size_t i = 0; i < mapped->count; i++) {
		place_id place = places_find(memory->places, mapped->files[i].path);

		/* The file is among the places of the verdict, and was compared in this sitting. */
		if (place == PLACE_NONE ||
			!stamp_equals(places_stamp(memory->places, place), &mapped->files[i].stamp))
			return false;
	}
	return true;
}

/* Finds the places of 'waiting'. False if they are too many, or not those that the load had. */
static bool find_places(struct memory *memory, struct memory_waiting *waiting) {
	struct memory_sitting *sitting = &memory->sitting;
	struct memory_entry *entry = &waiting->entry;

	*entry = (struct memory_entry){.context = waiting->context,
		.provisional = waiting->provisional,
		.detailed = waiting->detailed};
	if (!memory_context_check(&memory->contexts, waiting->context, sitting->round) ||
		!footing_find(sitting->footing, &waiting->paths, entry))
		return false;
	waiting->is_found = true;
	if (!is_of_this_loader(memory, &waiting->mapped))
		return false;
	entry->recall = waiting->recall;
	waiting->recall = (struct recall){0};
	return true;
}

static void begin(struct memory *memory) {
	const uint64_t round = places_new_round(memory->places);

	memory->sitting = (struct memory_sitting){
		.footing = footing_new(memory->places, round),
		.round = round,
		.start = memory->waiting->start,
		.since = memory->waiting->round,
	};
}

/* Takes 'waiting' into the sitting: nothing may have changed since its load began, either. */
static void take_in(struct memory_sitting *sitting, const struct memory_waiting *waiting) {
	if (is_earlier(&waiting->start, &sitting->start))
		sitting->start = waiting->start;
	if (waiting->round < sitting->since)
		sitting->since = waiting->round;
	sitting->count++;
}

static void find_all(struct memory *memory) {
	struct memory_waiting *waiting, *next;

	memory->new_count = memory->new_effort = 0;
	if (!memory->waiting)
		return;
	if (!memory->sitting.footing)
		begin(memory);
	HASH_ITER (hh, memory->waiting, waiting, next) {
		if (waiting->is_found)
			continue;
		take_in(&memory->sitting, waiting);
		if (memory->sitting.footing && find_places(memory, waiting))
			continue;
		memory->sitting.has_failed = true;
		memory_waiting_drop(memory, waiting);
	}
}

/* Of whether paths led to the same since the sitting's start. The caller frees it. */
static struct settled *ask_settled(struct memory *memory, uint64_t round) {
	struct settled *settled = settled_new(&memory->sitting.start);

	witness_read(memory->witness, round);
	if (settled)
		settled_hear(settled, memory->witness, memory->sitting.since, round);
	return settled;
}

/* True if 'place' was what it is now all the time since the sitting's start, up to its stamp. */
static bool is_settled(const struct memory *memory, place_id place, struct settled *settled) {
	return !places_is_dead(memory->places, place) &&
	       settled_check(settled, places_path(memory->places, place),
		       places_stamp(memory->places, place));
}

/* True if nothing that 'entry' rests on can have changed while its verdict was worked out. What was
 * searched is compared once more in 'round': it is what changes, and then the sitting is over. */
static bool is_certain(struct memory *memory, const struct memory_entry *entry,
	struct settled *settled, uint64_t round) {
	if (!memory_context_check(&memory->contexts, entry->context, round))
		return false;
	memory_context_trust(entry->context, settled, round);
	if (!memory_context_is_settled(&memory->contexts, entry->context, settled))
		return false;
	for (uint32_t i = 0; i < entry->places_count; i++) {
		const bool is_object = i <= entry->objects_count;

		if (!is_object && !places_check(memory->places, entry->places[i], round))
			return false;
		if (!is_settled(memory, entry->places[i], settled))
			return false;
	}
	return true;
}

/* True if no time since the sitting's start can be wrong, and none is of another file system. */
static bool is_steady(struct memory *memory) {
	const struct moment *start = &memory->sitting.start;
	const struct moment now = moment_now();

	memory_sitting_note_mounts(memory);
	return !is_earlier(start, &memory->mounted) && !moment_clock_was_set(start, &now);
}

/* Remembers 'waiting', which then has no places any more, or drops them. */
static void conclude(struct memory *memory, struct memory_waiting *waiting, bool steady) {
	if (steady && waiting->is_certain) {
		memory_entries_add(&memory->entries, &waiting->entry);
		waiting->is_found = false;
		memory->version++;
	} else {
		memory->sitting.has_failed = true;
	}
	memory_waiting_drop(memory, waiting);
}

/*
 * All ways are looked at after all stamps and all loads. So a stamp may be older than a load of its
 * sitting: what changes after it shows whenever the verdict is recalled.
 */
static void judge_all(struct memory *memory) {
	const uint64_t round = places_new_round(memory->places);
	struct settled *settled = ask_settled(memory, round);
	struct memory_waiting *waiting, *next;

	for (waiting = memory->waiting; waiting; waiting = waiting->hh.next)
		waiting->is_certain =
			settled && is_certain(memory, &waiting->entry, settled, round);
	settled_free(settled);
	const bool steady = is_steady(memory);
	HASH_ITER (hh, memory->waiting, waiting, next)
		conclude(memory, waiting, steady);
	memory_entries_trim(&memory->entries, MEMORY_VERDICTS_MAX);
}

void memory_sitting_find(struct memory *memory) {
	find_all(memory);
	if (memory->sitting.footing && footing_is_large(memory->sitting.footing))
		memory_sitting_judge(memory);
}

void memory_sitting_judge(struct memory *memory) {
	const struct memory_sitting *sitting = &memory->sitting;

	find_all(memory);
	if (memory->waiting)
		judge_all(memory);
	/* What has changed since the start would be held against all that comes. */
	if (sitting->has_failed || sitting->count >= SITTING_MAX ||
		(sitting->footing && footing_is_large(sitting->footing)))
		memory_sitting_end(memory);
}

void memory_sitting_end(struct memory *memory) {
	footing_free(memory->sitting.footing);
	memory->sitting = (struct memory_sitting){0};
}
