/* SPDX-License-Identifier: MIT */
/* Hash tables against names that were chosen to collide, and without memory. Linked with --wrap. */
#include "hashtable.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "inflight.h"
#include "memory.h"
#include "needs.h"
#include "places.h"
#include "request.h"
#include "settled.h"
#include "sight.h"
#include "verdict.h"

#include "world.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

/* Allocations that succeed before all others fail. */
static unsigned allowed = UINT_MAX;

static bool allow(void) {
	if (allowed == 0)
		return false;
	if (allowed != UINT_MAX)
		allowed--;
	return true;
}

void *__wrap_malloc(size_t size) {
	return allow() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size) {
	return allow() ? __real_calloc(count, size) : NULL;
}

#define STAGES	16
#define NAMES	(1u << STAGES)
#define PART	8
#define FNV_1A	2166136261u
#define PRIME	16777619u
#define TRIES	(1u << 20)
#define BUCKETS (1u << 20)

static unsigned fnv(unsigned hash, const char *bytes, size_t size) {
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * PRIME;
	return hash;
}

/* Two parts after which FNV-1a is in the same state, if it was in 'hash'. */
static unsigned find_pair(unsigned hash, char pair[2][PART + 1]) {
	static unsigned known[BUCKETS], after[BUCKETS];

	memset(known, 0, sizeof(known));
	for (unsigned i = 1; i < TRIES; i++) {
		snprintf(pair[1], PART + 1, "%08x", i * PRIME);
		unsigned now = fnv(hash, pair[1], PART);
		unsigned at = now % BUCKETS;

		if (known[at] && after[at] == now) {
			snprintf(pair[0], PART + 1, "%08x", known[at] * PRIME);
			return now;
		}
		known[at] = i;
		after[at] = now;
	}
	cr_assert_fail("no collision");
	return 0;
}

static int compare(const void *one, const void *other) {
	unsigned a = *(const unsigned *)one, b = *(const unsigned *)other;

	return a < b ? -1 : a > b;
}

Test(hashtable, names_cannot_be_chosen_to_collide) {
	static char pairs[STAGES][2][PART + 1];
	static unsigned hashes[NAMES];
	unsigned state = FNV_1A, same = 0;
	char name[STAGES * PART + 1];

	for (unsigned stage = 0; stage < STAGES; stage++)
		state = find_pair(state, pairs[stage]);
	for (unsigned i = 0; i < NAMES; i++) {
		for (unsigned stage = 0; stage < STAGES; stage++)
			memcpy(name + stage * PART, pairs[stage][i >> stage & 1], PART + 1);
		cr_assert_eq(fnv(FNV_1A, name, strlen(name)), state);
		HASH_VALUE(name, strlen(name), hashes[i]);
	}
	qsort(hashes, NAMES, sizeof(hashes[0]), compare);
	for (unsigned i = 1; i < NAMES; i++)
		same += hashes[i] == hashes[i - 1];
	cr_expect_leq(same, 16, "%u of %u", same, NAMES);
}

Test(hashtable, each_byte_counts) {
	char bytes[40] = {0};
	unsigned before = 1;

	for (size_t size = 0; size <= sizeof(bytes); size++) {
		cr_expect_neq(hashtable_hash(bytes, size), before);
		before = hashtable_hash(bytes, size);
		cr_expect_eq(hashtable_hash(bytes, size), before);
	}
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = 1;
		cr_expect_neq(hashtable_hash(bytes, sizeof(bytes)), before);
		bytes[i] = 0;
	}
}

Test(hashtable, needs_survive_want_of_memory) {
	cleanup_needs struct needs needs = {0};
	char name[32];
	int r = 0;

	allowed = 1;
	cr_expect_eq(needs_add(&needs, "f", NULL, NULL, NULL), -ENOMEM, "no table");
	allowed = UINT_MAX;
	cr_expect_eq(needs_add(&needs, "f", NULL, NULL, NULL), 0);
	for (int i = 0; i < 100000 && r == 0; i++) {
		snprintf(name, sizeof(name), "symbol%d", i);
		allowed = 1;
		r = needs_add(&needs, name, NULL, NULL, NULL);
	}
	allowed = UINT_MAX;
	cr_expect_eq(r, -ENOMEM, "the table cannot grow");
	size_t count = needs.count;
	cr_expect_not(needs_has(&needs, name));
	cr_expect_eq(needs_add(&needs, name, NULL, NULL, NULL), 0);
	cr_expect_eq(needs.count, count + 1);
	cr_expect(needs_has(&needs, name));
	cr_expect(needs_has(&needs, "f"));
}

Test(hashtable, places_survive_want_of_memory) {
	struct places *places = places_new();
	place_id id = 0;
	char path[32];

	allowed = 1;
	cr_expect_eq(places_get(places, "/"), PLACE_NONE);
	cr_expect_eq(places_count(places), 0);
	allowed = UINT_MAX;
	cr_expect_neq(places_get(places, "/"), PLACE_NONE);
	for (unsigned i = 0; i < 100000 && id != PLACE_NONE; i++) {
		snprintf(path, sizeof(path), "/nowhere/%u", i);
		allowed = 1;
		id = places_get(places, path);
	}
	allowed = UINT_MAX;
	cr_assert_eq(id, PLACE_NONE);
	size_t count = places_count(places);
	cr_expect_eq(places_find(places, path), PLACE_NONE);
	id = places_get(places, path);
	cr_expect_eq(id, count);
	cr_expect_eq(places_find(places, path), id);
	places_free(places);
}

Test(hashtable, loads_in_flight_survive_want_of_memory) {
	struct inflight *inflight = inflight_new();
	struct request request = {.timeout_ms = 1};
	struct job one = {.question = {"/a", &request}}, two = one;
	struct job_list followers = TAILQ_HEAD_INITIALIZER(followers);

	allowed = 1;
	cr_expect_not(inflight_join(inflight, &one));
	allowed = UINT_MAX;
	cr_expect_not(inflight_join(inflight, &two), "nobody knows of the first");
	inflight_leave(inflight, &one, &followers);
	inflight_leave(inflight, &two, &followers);
	cr_expect(TAILQ_EMPTY(&followers));
	inflight_free(inflight);
}

Test(hashtable, what_is_settled_survives_want_of_memory) {
	const struct moment now = moment_now();
	/* The table of mounts is there since the first look. */
	const struct stamp stamp = stamp_take("/usr/lib");

	for (unsigned limit = 0; limit < 20; limit++) {
		struct settled *settled = settled_new(&now);

		allowed = limit;
		settled_trust(settled, "/usr");
		cr_expect(
			settled_check(settled, "/usr/lib", &stamp), "only the answer is not kept");
		allowed = UINT_MAX;
		cr_expect(settled_check(settled, "/usr/lib", &stamp));
		settled_free(settled);
	}
}

static void keep(struct memory *memory, const struct loadenv *env, const struct request *request) {
	struct verdict verdict = {0};
	const struct memory_load load = {.env = env, .start = moment_now()};

	cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, below("lib")), 0);
	cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_DIRECTORY, tempdir), 0);
	memory_keep(memory, &load, request, below("lib"), &verdict);
	verdict_fini(&verdict);
}

/* However many allocations there are before there is no more: it is kept, or not. */
Test(hashtable, remembered_verdicts_survive_want_of_memory, .init = tempdir_make,
	.fini = tempdir_remove) {
	const struct request request = {0};
	/* A root may lie where others come and go. */
	struct loadenv *env = world_env(tempdir, NULL);
	bool kept = false;

	write_file(below("lib"), "");
	outlast_tick();
	for (unsigned limit = 0; limit < 1000 && !kept; limit++) {
		struct memory *memory = memory_new();

		cr_assert_not_null(memory);
		allowed = limit;
		keep(memory, env, &request);
		memory_settle(memory);
		kept = memory_count(memory) == 1 && allowed > 0;
		allowed = UINT_MAX;
		keep(memory, env, &request);
		memory_settle(memory);
		cr_expect_eq(memory_count(memory), 1);
		memory_free(memory);
	}
	cr_expect(kept);
	loadenv_free(env);
}
