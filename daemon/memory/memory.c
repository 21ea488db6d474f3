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
#include "mounts.h"
#include "places.h"
#include "recall.h"
#include "request.h"
#include "settled.h"
#include "verdict.h"
#include "witness.h"

/* Verdicts that wait for certainty, at most: finding out about many at a time looks at what they
 * share once, but meanwhile the daemon does nothing else, which is 2 ms for so many small ones. */
#define WAITING_MAX 32
/* The effort (footing_effort()) of what waits, for the same reason: some 50 ms of places. */
#define WAITING_EFFORT_MAX 4000
/* That of one verdict, at most; more is not kept. */
#define EFFORT_MAX 8000
/* Bytes of what waits, at most. */
#define WAITING_BYTES_MAX (4 * 1024 * 1024)

/* A verdict that is not certain yet. */
struct waiting {
	UT_hash_handle hh; /* memory.waiting, by 'path' */
	struct memory_context *context;
	char *path;
	struct moment start;
	uint64_t round; /* of the request */
	struct footing_paths paths;
	struct mapped mapped; /* the files of the loader that was used */
	struct recall recall;
	size_t effort, bytes;
	bool provisional, detailed;
};

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

/* Frees 'waiting', which is in no table and holds no context. */
static void free_parts(struct waiting *waiting) {
	footing_paths_fini(&waiting->paths);
	mapped_fini(&waiting->mapped);
	recall_fini(&waiting->recall);
	free(waiting->path);
	free(waiting);
}

static void free_waiting(struct memory *memory, struct waiting *waiting) {
	HASH_DEL(memory->waiting, waiting);
	memory->effort -= waiting->effort;
	memory->waiting_bytes -= waiting->bytes;
	memory_context_drop(&memory->contexts, waiting->context);
	free_parts(waiting);
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
	witness_free(memory->witness);
	fd_close(memory->mounts);
	free(memory);
	return NULL;
}

static void check_mounts(struct memory *memory) {
	if (mounts_have_changed(memory->mounts))
		memory->mounted = moment_now();
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

	check_mounts(memory);
	witness_read(memory->witness, before);
	watch_env(memory, env, before);
	return places_new_round(memory->places);
}

static struct waiting *find_waiting(const struct memory *memory, const char *path) {
	struct waiting *waiting;

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

static struct waiting *new_waiting(const char *path, const struct memory_load *load,
	const struct request *request, const struct verdict *verdict) {
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting)
		return NULL;
	waiting->path = strdup(path);
	waiting->detailed = request->details;
	if (!waiting->path || !mapped_copy(load->mapped, &waiting->mapped) ||
		recall_write(&waiting->recall, verdict) < 0 ||
		footing_collect(&waiting->paths, path, &request->preload, verdict) < 0 ||
		footing_collect_env(&waiting->paths, load->env, load->mapped) < 0 ||
		(waiting->effort = footing_effort(&waiting->paths)) > EFFORT_MAX) {
		free_parts(waiting);
		return NULL;
	}
	waiting->bytes =
		waiting->paths.objects.size + waiting->paths.others.size + waiting->recall.size;
	return waiting;
}

void memory_keep(struct memory *memory, const struct memory_load *load,
	const struct request *request, const char *path, const struct verdict *verdict) {
	enum verdict_worth worth = recall_worth(verdict);
	if (worth == VERDICT_WORTH_NEVER || !footing_is_complete(verdict))
		return;
	cleanup_free char *key = memory_context_key(load->env, request);
	/* Whether the context still holds is seen when it is settled. */
	struct memory_context *context =
		key ? memory_context_get(&memory->contexts, key, load->env, 0) : NULL;
	if (!context)
		return;
	/* Those who wait share it with those who came before them. */
	size_t own_bytes = context->users == 0 ? context->bytes : 0;
	memory_context_hold(context);
	struct waiting *waiting = new_waiting(path, load, request, verdict);
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
		memory_settle(memory);
	struct waiting *known = find_waiting(memory, path);
	if (known && known->context == context)
		free_waiting(memory, known);
	else if (known)
		memory_settle(memory); /* one path waits once */
	HASH_ADD_KEYPTR(hh, memory->waiting, waiting->path, strlen(waiting->path), waiting);
	if (!hashtable_has(&waiting->hh)) {
		memory_context_drop(&memory->contexts, context);
		free_parts(waiting);
		return;
	}
	memory->effort += waiting->effort;
	memory->waiting_bytes += waiting->bytes;
	if (HASH_COUNT(memory->waiting) >= WAITING_MAX)
		memory_settle(memory);
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

/* True if nothing that 'entry' rests on can have changed while its verdict was worked out. */
static bool is_certain(struct memory *memory, const struct memory_entry *entry,
	struct settled *settled, uint64_t round) {
	memory_context_trust(entry->context, settled, round);
	if (!memory_context_is_settled(&memory->contexts, entry->context, settled))
		return false;
	for (uint32_t i = 0; i < entry->places_count; i++) {
		const place_id place = entry->places[i];

		if (!settled_check(settled, places_path(memory->places, place),
			    places_stamp(memory->places, place)))
			return false;
	}
	return true;
}

/* True if a loader started now would be the same program with the same C library as the one that
 * the verdict was worked out with: an older one runs on after an upgrade. */
static bool is_of_this_loader(struct memory *memory, const struct mapped *mapped) {
	for (size_t i = 0; i < mapped->count; i++) {
		place_id place = places_find(memory->places, mapped->files[i].path);

		/* The file is among the places of the verdict, and was compared in this round. */
		if (place == PLACE_NONE ||
			!stamp_equals(places_stamp(memory->places, place), &mapped->files[i].stamp))
			return false;
	}
	return true;
}

/* Writes to 'found' an entry for each verdict that waits and still holds, its places as they are in
 * 'round'. Returns how many entries that are. */
static size_t find_places(struct memory *memory, struct footing *footing, uint64_t round,
	struct memory_entry *found) {
	struct waiting *waiting;
	size_t count = 0;

	for (waiting = memory->waiting; waiting; waiting = waiting->hh.next) {
		struct memory_entry *entry = &found[count];

		*entry = (struct memory_entry){.context = waiting->context,
			.provisional = waiting->provisional,
			.detailed = waiting->detailed};
		if (!memory_context_check(&memory->contexts, waiting->context, round) ||
			!footing_find(footing, &waiting->paths, entry))
			continue;
		if (!is_of_this_loader(memory, &waiting->mapped)) {
			memory_entries_discard(&memory->entries, entry);
			continue;
		}
		entry->recall = waiting->recall;
		waiting->recall = (struct recall){0};
		count++;
	}
	return count;
}

/* Of whether paths led to the same since 'start', the start of the first load that waits. */
static struct settled *ask_settled(
	struct memory *memory, const struct moment *start, uint64_t round) {
	struct settled *settled = settled_new(start);
	const struct waiting *waiting;
	uint64_t since = round;

	for (waiting = memory->waiting; waiting; waiting = waiting->hh.next) {
		if (waiting->round < since)
			since = waiting->round;
	}
	witness_read(memory->witness, round);
	if (settled)
		settled_hear(settled, memory->witness, since, round);
	return settled;
}

/* All is stamped first and judged afterwards: what changes between the two shows either way. */
static void settle_all(struct memory *memory, const struct moment *start) {
	static struct memory_entry found[WAITING_MAX];
	bool certain[WAITING_MAX];

	uint64_t round = places_new_round(memory->places);
	struct footing *footing = footing_new(memory->places);
	size_t count = footing ? find_places(memory, footing, round, found) : 0;
	footing_free(footing);
	struct settled *settled = ask_settled(memory, start, round);
	for (size_t i = 0; i < count; i++)
		certain[i] = settled && is_certain(memory, &found[i], settled, round);
	settled_free(settled);
	check_mounts(memory);
	const struct moment now = moment_now();
	bool steady = !is_earlier(start, &memory->mounted) && !moment_clock_was_set(start, &now);
	for (size_t i = 0; i < count; i++) {
		if (steady && certain[i]) {
			memory_entries_add(&memory->entries, &found[i]);
			memory->version++;
		} else {
			memory_entries_discard(&memory->entries, &found[i]);
		}
	}
}

void memory_settle(struct memory *memory) {
	struct waiting *waiting, *next;

	if (!memory->waiting)
		return;
	struct moment start = memory->waiting->start;
	for (waiting = memory->waiting; waiting; waiting = waiting->hh.next) {
		if (is_earlier(&waiting->start, &start))
			start = waiting->start;
	}
	settle_all(memory, &start);
	HASH_ITER (hh, memory->waiting, waiting, next)
		free_waiting(memory, waiting);
	memory_entries_trim(&memory->entries, MEMORY_VERDICTS_MAX);
}

size_t memory_count(const struct memory *memory) {
	return memory_entries_count(&memory->entries);
}

uint64_t memory_version(const struct memory *memory) {
	return memory->version;
}
