/* SPDX-License-Identifier: MIT */
/* The table of what is remembered. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include <dltest/cleanup.h>

#include "loadenv.h"
#include "memory_context.h"
#include "memory_entry.h"
#include "places.h"
#include "request.h"
#include "verdict.h"

#include "world.h"

static struct request request;
static struct loadenv *env;
static struct verdict got;

static void set_up(void) {
	tempdir_make();
	env = world_env(tempdir, NULL);
}

static void tear_down(void) {
	loadenv_free(env);
	tempdir_remove();
}

TestSuite(memory_entry, .init = set_up, .fini = tear_down);

static struct memory_entries entries;
static struct memory_contexts contexts;

static void add_entry(struct memory_context *context, const char *path) {
	struct memory_entry entry = {.context = context, .places_count = 1};

	entry.places = malloc(sizeof(place_id));
	cr_assert_not_null(entry.places);
	entry.places[0] = places_get(entries.places, path);
	memory_entries_add(&entries, &entry);
}

static bool has_entry(struct memory_context *context, const char *path) {
	place_id id = places_find(entries.places, path);

	return id != PLACE_NONE && memory_entries_find(&entries, context, id);
}

Test(memory_entry, entries_beyond_the_limit_go_longest_unused_first) {
	struct places *places = places_new();
	cr_assert_not_null(places);
	contexts.places = places;
	memory_entries_init(&entries, places, &contexts);
	places_new_round(places);
	cleanup_free char *key = memory_context_key(env, &request);
	struct memory_context *context = memory_context_get(&contexts, key, env, 1);
	cr_assert_not_null(context);
	for (unsigned i = 0; i < 10; i++)
		add_entry(context, below("%u", i));
	cr_expect_eq(context->users, 10);
	/* The first is used, and so becomes the last to go. */
	struct memory_entry *first =
		memory_entries_find(&entries, context, places_find(places, below("0")));
	cr_assert_eq(memory_entry_read(&entries, first, MEMORY_ENTRY_PLAIN, &got), 0);
	verdict_fini(&got);
	memory_entries_trim(&entries, 4);
	cr_expect_eq(memory_entries_count(&entries), 4);
	cr_expect(has_entry(context, below("0")));
	cr_expect_not(has_entry(context, below("1")));
	cr_expect(has_entry(context, below("9")));
	/* A dead one goes though there is room. */
	write_file(below("8"), "");
	uint64_t round = places_new_round(places);
	places_check(places, places_find(places, below("8")), round);
	memory_entries_trim(&entries, 4);
	cr_expect_eq(memory_entries_count(&entries), 3);
	cr_expect_eq(places_count_dead(places), 0);
	memory_entries_fini(&entries);
	cr_expect_null(contexts.by_key, "the last user takes the context along");
	memory_contexts_fini(&contexts);
	cr_expect_eq(places_count(places), 0);
	places_free(places);
}
