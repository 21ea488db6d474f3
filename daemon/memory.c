/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <dltest/cleanup.h>

#include "footing.h"
#include "loadenv.h"
#include "memory_parts.h"
#include "places.h"
#include "recall.h"
#include "request.h"
#include "settled.h"
#include "table.h"
#include "verdict.h"

/* Verdicts that wait for certainty, at most: finding out about many at a time looks at what they
 * share once, but each keeps some KiB until then. */
#define WAITING_MAX 64

/* A verdict that is not certain yet. */
struct waiting {
	UT_hash_handle hh; /* memory.waiting, by 'key' */
	struct memory_context *context;
	char *path;
	struct moment start;
	struct footing_paths paths;
	struct recall recall;
	bool provisional, detailed;
};

struct memory *memory_new(void) {
	struct memory *memory = calloc(1, sizeof(*memory));

	if (!memory || !(memory->places = places_new())) {
		free(memory);
		return NULL;
	}
	memory->contexts.places = memory->places;
	memory_entries_init(&memory->entries, memory->places, &memory->contexts);
	return memory;
}

static void free_waiting(struct memory *memory, struct waiting *waiting) {
	HASH_DEL(memory->waiting, waiting);
	memory_context_drop(&memory->contexts, waiting->context);
	footing_paths_fini(&waiting->paths);
	recall_fini(&waiting->recall);
	free(waiting->path);
	free(waiting);
}

struct memory *memory_free(struct memory *memory) {
	struct waiting *waiting, *next;

	if (!memory)
		return NULL;
	HASH_ITER (hh, memory->waiting, waiting, next)
		free_waiting(memory, waiting);
	memory_entries_fini(&memory->entries);
	memory_contexts_fini(&memory->contexts);
	places_free(memory->places);
	free(memory);
	return NULL;
}

uint64_t memory_new_request(struct memory *memory) {
	return places_new_look(memory->places);
}

static struct waiting *find_waiting(const struct memory *memory, const char *path) {
	struct waiting *waiting;

	HASH_FIND_STR(memory->waiting, path, waiting);
	return waiting;
}

bool memory_recall(struct memory *memory, const struct loadenv *env, const struct request *request,
	const char *path, uint64_t arrival, struct verdict *ret_verdict) {
	if (find_waiting(memory, path))
		memory_settle(memory);
	/* Before anything is made of the request: most often there is nothing. */
	place_id place = places_find(memory->places, path);
	if (place == PLACE_NONE)
		return false;
	cleanup_free char *key = memory_context_key(env, request);
	struct memory_context *context =
		key ? memory_context_find(&memory->contexts, key, arrival) : NULL;
	if (!context)
		return false;
	struct memory_entry *entry = memory_entries_find(&memory->entries, context, place);
	if (!entry || entry->provisional || (request->details && !entry->detailed) ||
		!memory_entry_check(&memory->entries, entry, arrival))
		return false;
	return memory_entry_read(&memory->entries, entry, request->details, ret_verdict) == 0;
}

static struct waiting *new_waiting(
	const char *path, const struct request *request, const struct verdict *verdict) {
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting)
		return NULL;
	waiting->path = strdup(path);
	waiting->detailed = request->details;
	if (!waiting->path || recall_write(&waiting->recall, verdict) < 0 ||
		footing_collect(&waiting->paths, path, &request->preload, verdict) < 0) {
		footing_paths_fini(&waiting->paths);
		recall_fini(&waiting->recall);
		free(waiting->path);
		free(waiting);
		return NULL;
	}
	return waiting;
}

void memory_keep(struct memory *memory, const struct loadenv *env, const struct request *request,
	const char *path, const struct moment *start, const struct verdict *verdict) {
	enum recall_worth worth = recall_worth(verdict);
	if (worth == RECALL_NEVER || !footing_is_complete(verdict))
		return;
	cleanup_free char *key = memory_context_key(env, request);
	/* Whether the context still holds is seen when it is settled. */
	struct memory_context *context =
		key ? memory_context_get(&memory->contexts, key, env, 0) : NULL;
	struct waiting *known = find_waiting(memory, path);
	struct waiting *waiting = context ? new_waiting(path, request, verdict) : NULL;
	if (!waiting)
		return;
	waiting->context = context;
	waiting->provisional = worth == RECALL_REPEATED;
	waiting->start = *start;
	memory_context_hold(context);
	if (known && known->context == context)
		free_waiting(memory, known);
	else if (known)
		memory_settle(memory); /* one path waits once */
	HASH_ADD_KEYPTR(hh, memory->waiting, waiting->path, strlen(waiting->path), waiting);
	if (HASH_COUNT(memory->waiting) >= WAITING_MAX)
		memory_settle(memory);
}

static bool is_earlier(const struct moment *one, const struct moment *other) {
	return one->monotonic.tv_sec < other->monotonic.tv_sec ||
	       (one->monotonic.tv_sec == other->monotonic.tv_sec &&
		       one->monotonic.tv_nsec < other->monotonic.tv_nsec);
}

static void settle_one(struct memory *memory, struct waiting *waiting, struct settled *settled,
	struct footing *footing, uint64_t look) {
	struct memory_entry entry = {.context = waiting->context,
		.provisional = waiting->provisional,
		.detailed = waiting->detailed};

	if (!memory_context_check(&memory->contexts, waiting->context, look) ||
		!memory_context_is_settled(&memory->contexts, waiting->context, settled) ||
		!footing_find(footing, &waiting->paths, &entry))
		return;
	entry.recall = waiting->recall;
	waiting->recall = (struct recall){0};
	memory_entries_add(&memory->entries, &entry);
	memory->version++;
}

void memory_settle(struct memory *memory) {
	struct waiting *waiting, *next;
	const struct moment now = moment_now();
	struct moment start = now;

	if (!memory->waiting)
		return;
	for (waiting = memory->waiting; waiting; waiting = waiting->hh.next) {
		if (is_earlier(&waiting->start, &start))
			start = waiting->start;
	}
	uint64_t look = places_new_look(memory->places);
	struct settled *settled = moment_clock_was_set(&start, &now) ? NULL : settled_new(&start);
	struct footing *footing = settled ? footing_new(memory->places, settled) : NULL;
	HASH_ITER (hh, memory->waiting, waiting, next) {
		if (footing) {
			memory_context_trust(waiting->context, settled, look);
			settle_one(memory, waiting, settled, footing, look);
		}
		free_waiting(memory, waiting);
	}
	footing_free(footing);
	settled_free(settled);
	memory_entries_trim(&memory->entries, MEMORY_VERDICTS_MAX);
}

bool memory_is_unsettled(const struct memory *memory) {
	return memory->waiting != NULL;
}

size_t memory_count(const struct memory *memory) {
	return memory_entries_count(&memory->entries);
}

uint64_t memory_version(const struct memory *memory) {
	return memory->version;
}
