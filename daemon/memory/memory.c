/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <dltest/cleanup.h>

#include "footing.h"
#include "hashtable.h"
#include "loadenv.h"
#include "mapped.h"
#include "memory_parts.h"
#include "memory_sitting.h"
#include "mounts.h"
#include "places.h"
#include "recall.h"
#include "request.h"
#include "verdict.h"
#include "witness.h"

/* Verdicts that wait for certainty, at most: judging many at a time looks at the ways to what they
 * share once, but meanwhile the daemon does nothing else, which is 1 to 2 ms for so many. */
#define WAITING_MAX 64
/* The effort (footing_effort()) of what waits, for the same reason: some 50 ms of places. */
#define WAITING_EFFORT_MAX 4000
/* That of one verdict, at most; more is not kept. */
#define EFFORT_MAX 8000
/* Bytes of what waits, at most. */
#define WAITING_BYTES_MAX (4 * 1024 * 1024)
/* Verdicts that have come, and their effort, after which their places are found: less than 1 ms. */
#define NEW_MAX	       8
#define NEW_EFFORT_MAX 500

struct memory *memory_new(void) {
	struct memory *memory = calloc(1, sizeof(*memory));

	if (!memory || !(memory->places = places_new())) {
		free(memory);
		return NULL;
	}
	memory->mounts = mounts_open();
	memory->witness = witness_new();
	memory->contexts.places = memory->places;
	memory_entries_init(&memory->entries, memory->places, &memory->contexts);
	return memory;
}

struct memory *memory_free(struct memory *memory) {
	struct memory_waiting *waiting, *next;

	if (!memory)
		return NULL;
	HASH_ITER (hh, memory->waiting, waiting, next)
		memory_waiting_drop(memory, waiting);
	memory_sitting_end(memory);
	memory_entries_fini(&memory->entries);
	memory_contexts_fini(&memory->contexts);
	places_free(memory->places);
	witness_free(memory->witness);
	fd_close(memory->mounts);
	free(memory);
	return NULL;
}

/* Has the directories of 'env' watched, in which packages and whatever else come and go. */
static void watch_env(struct memory *memory, const struct loadenv *env, uint64_t round) {
	if (env->dirs_digest == memory->watched)
		return;
	memory->watched = env->dirs_digest;
	memory_context_watch(memory->witness, round);
	for (size_t i = 0; i < env->rules_count; i++) {
		if (env->rules[i].is_dir)
			witness_watch_way(memory->witness, env->rules[i].path, round);
	}
}

uint64_t memory_new_request(struct memory *memory, const struct loadenv *env) {
	/* What is read now came before any load of this request. */
	uint64_t before = places_round(memory->places);

	memory_sitting_note_mounts(memory);
	witness_read(memory->witness, before);
	watch_env(memory, env, before);
	return places_new_round(memory->places);
}

static struct memory_waiting *find_waiting(const struct memory *memory, const char *path) {
	struct memory_waiting *waiting;

	HASH_FIND_STR(memory->waiting, path, waiting);
	return waiting;
}

bool memory_recall(struct memory *memory, const struct loadenv *env, const struct request *request,
	const char *path, uint64_t round, struct verdict *ret_verdict) {
	if (find_waiting(memory, path))
		memory_settle(memory);
	/* Before anything is made of the request: most often there is nothing. */
	place_id place = places_find(memory->places, path);
	if (place == PLACE_NONE)
		return false;
	cleanup_free char *key = memory_context_key(env, request);
	struct memory_context *context =
		key ? memory_context_find(&memory->contexts, key, round) : NULL;
	if (!context)
		return false;
	struct memory_entry *entry = memory_entries_find(&memory->entries, context, place);
	if (!entry || entry->provisional || (request->details && !entry->detailed) ||
		!memory_entry_check(&memory->entries, entry, round))
		return false;
	enum memory_entry_extent extent =
		request->details ? MEMORY_ENTRY_WITH_OBJECTS : MEMORY_ENTRY_PLAIN;
	return memory_entry_read(&memory->entries, entry, extent, ret_verdict) == 0;
}

static struct memory_waiting *new_waiting(const char *path, const struct memory_load *load,
	const struct request *request, const struct verdict *verdict) {
	struct memory_waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting)
		return NULL;
	waiting->path = strdup(path);
	waiting->detailed = request->details;
	if (!waiting->path || !mapped_copy(load->mapped, &waiting->mapped) ||
		recall_write(&waiting->recall, verdict) < 0 ||
		footing_collect(&waiting->paths, path, &request->preload, verdict) < 0 ||
		footing_collect_env(&waiting->paths, load->env, load->mapped) < 0 ||
		(load->first_env && footing_collect_env(&waiting->paths, load->first_env,
					    load->first_mapped) < 0) ||
		(waiting->effort = footing_effort(&waiting->paths)) > EFFORT_MAX) {
		memory_waiting_free(waiting);
		return NULL;
	}
	waiting->bytes =
		waiting->paths.objects.size + waiting->paths.others.size + waiting->recall.size;
	return waiting;
}

/* Counts 'waiting', which is in the table, and has done what is due by then. */
static void count_in(struct memory *memory, const struct memory_waiting *waiting) {
	memory->effort += waiting->effort;
	memory->waiting_bytes += waiting->bytes;
	memory->new_count++;
	memory->new_effort += waiting->effort;
	if (HASH_COUNT(memory->waiting) >= WAITING_MAX)
		memory_sitting_judge(memory);
	else if (memory->new_count >= NEW_MAX || memory->new_effort >= NEW_EFFORT_MAX)
		memory_sitting_find(memory);
}

void memory_keep(struct memory *memory, const struct memory_load *load,
	const struct request *request, const char *path, const struct verdict *verdict) {
	enum verdict_worth worth = recall_worth(verdict);
	if (worth == VERDICT_WORTH_NEVER || !footing_is_complete(verdict))
		return;
	const struct loadenv *asked = load->first_env ? load->first_env : load->env;
	cleanup_free char *key = memory_context_key(asked, request);
	/* Whether the context still holds is seen when it is settled. */
	struct memory_context *context =
		key ? memory_context_get(&memory->contexts, key, asked, 0) : NULL;
	if (!context)
		return;
	/* Those who wait share it with those who came before them. */
	size_t own_bytes = context->users == 0 ? context->bytes : 0;
	memory_context_hold(context);
	struct memory_waiting *waiting = new_waiting(path, load, request, verdict);
	if (!waiting) {
		memory_context_drop(&memory->contexts, context);
		return;
	}
	waiting->context = context;
	waiting->bytes += own_bytes;
	waiting->provisional = worth == VERDICT_WORTH_IF_REPEATED;
	waiting->start = load->start;
	waiting->round = load->round;
	if (memory->effort + waiting->effort > WAITING_EFFORT_MAX ||
		memory->waiting_bytes + waiting->bytes > WAITING_BYTES_MAX)
		memory_sitting_judge(memory);
	struct memory_waiting *known = find_waiting(memory, path);
	if (known && known->context == context)
		memory_waiting_drop(memory, known);
	else if (known)
		memory_sitting_judge(memory); /* one path waits once */
	HASH_ADD_KEYPTR(hh, memory->waiting, waiting->path, strlen(waiting->path), waiting);
	if (!hashtable_has(&waiting->hh)) {
		memory_context_drop(&memory->contexts, context);
		memory_waiting_free(waiting);
		return;
	}
	count_in(memory, waiting);
}

void memory_settle(struct memory *memory) {
	memory_sitting_judge(memory);
	memory_sitting_end(memory);
}

size_t memory_count(const struct memory *memory) {
	return memory_entries_count(&memory->entries);
}

uint64_t memory_version(const struct memory *memory) {
	return memory->version;
}
