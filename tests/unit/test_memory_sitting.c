/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "footing.h"
#include "loadenv.h"
#include "memory.h"
#include "memory_entry.h"
#include "places.h"
#include "request.h"
#include "verdict.h"

#include "world.h"

bool __wrap_mounts_have_changed(int fd);

/* Other tests mount file systems beside this one. */
bool __wrap_mounts_have_changed(int fd) {
	(void)fd;
	return false;
}

static struct memory *memory;
static struct request request;
static struct loadenv *env;

static void set_up(void) {
	tempdir_make();
	env = world_env(tempdir, NULL);
	memory = memory_new();
	cr_assert_not_null(memory);
}

static void tear_down(void) {
	memory_free(memory);
	loadenv_free(env);
	tempdir_remove();
}

TestSuite(memory_sitting, .init = set_up, .fini = tear_down);

static bool recall(const char *path) {
	struct verdict got;
	bool found =
		memory_recall(memory, env, &request, path, memory_new_request(memory, env), &got);

	if (found)
		verdict_fini(&got);
	return found;
}

/* Keeps the verdict 'reason' of 'path', of a load that begins now. It rests on the file "object"
 * and the directory "dir" if it is that of a library. */
static void keep(const char *path, enum dltest_reason reason) {
	struct verdict verdict = {.reason = reason};
	const struct memory_load load = {.env = env, .start = moment_now()};

	if (!reason) {
		cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, path), 0);
		cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, below("object")), 0);
		cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_DIRECTORY, below("dir")), 0);
	}
	memory_keep(memory, &load, &request, path, &verdict);
	verdict_fini(&verdict);
}

/* Keeps verdicts of "lib<first>" and on. */
static void keep_many(unsigned first, unsigned count) {
	outlast_tick();
	for (unsigned i = first; i < first + count; i++)
		keep(below("lib%u", i), DLTEST_REASON_NONE);
}

/* As many as are judged at a time, and as have their places found. */
#define GROUP 64
#define FOUND 8

/* Begins a sitting, which the next groups are of, too. */
static void begin_sitting(void) {
	make_dir("dir");
	make_dir("ways/way");
	make_dir("ways/other");
	write_file(below("ways/way/lib"), "");
	write_file(below("ways/other/lib"), "");
	write_file(below("object"), "");
	for (unsigned i = 0; i < 6 * GROUP; i++)
		write_file(below("lib%u", i), "");
	keep_many(0, GROUP);
	cr_assert_eq(memory_count(memory), GROUP, "without being asked to");
}

Test(memory_sitting, verdicts_of_one_sitting_are_remembered_group_by_group) {
	begin_sitting();
	for (unsigned group = 1; group < 6; group++) {
		keep_many(GROUP * group, GROUP);
		cr_expect_eq(memory_count(memory), GROUP * (group + 1));
		cr_expect(recall(below("lib%u", GROUP * group)));
	}
	cr_expect(recall(below("lib0")));
}

Test(memory_sitting, a_search_that_changed_during_a_sitting_ends_it) {
	begin_sitting();
	write_file(below("dir/new"), "");
	keep_many(GROUP, GROUP);
	cr_expect_eq(memory_count(memory), 0, "neither those of before nor those of after");
	keep_many(2 * GROUP, GROUP);
	cr_expect_eq(memory_count(memory), GROUP);
	cr_expect(recall(below("lib%u", 2 * GROUP)));
}

Test(memory_sitting, an_object_that_changed_during_a_sitting_is_noticed) {
	begin_sitting();
	write_file(below("object"), "another");
	keep_many(GROUP, GROUP);
	cr_expect_not(recall(below("lib0")));
	cr_expect_not(recall(below("lib%u", GROUP)), "its load had the other one");
	memory_settle(memory);
	keep_many(GROUP, GROUP);
	cr_expect(recall(below("lib%u", GROUP)));
}

Test(memory_sitting, a_way_that_led_elsewhere_during_a_sitting_is_noticed) {
	begin_sitting();
	outlast_tick();
	keep(below("ways/way/lib"), DLTEST_REASON_NOT_A_LIBRARY);
	keep_many(GROUP, FOUND);
	/* The stamp is taken, and is the same afterwards. */
	cr_assert_eq(rename(below("ways/way"), below("ways/away")), 0);
	cr_assert_eq(rename(below("ways/other"), below("ways/way")), 0);
	keep(below("ways/way/lib"), DLTEST_REASON_TRUNCATED);
	keep_many(GROUP + FOUND, FOUND);
	cr_assert_eq(rename(below("ways/way"), below("ways/other")), 0);
	cr_assert_eq(rename(below("ways/away"), below("ways/way")), 0);
	memory_settle(memory);
	cr_expect_eq(memory_count(memory), GROUP + 2 * FOUND, "all else");
	cr_expect_not(recall(below("ways/way/lib")));
}

Test(memory_sitting, a_finder_that_keeps_much_says_so) {
	struct places *places = places_new();
	struct footing *footing = footing_new(places, places_new_round(places));
	struct footing_paths paths = {0};
	struct memory_entry entry = {0};
	char name[201];

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_assert_eq(facts_put(&paths.others, DLTEST_FACT_OBJECT, tempdir), 0);
	cr_assert_eq(facts_put(&paths.others, DLTEST_FACT_DIRECTORY, make_dir(name)), 0);
	cr_assert(footing_find(footing, &paths, &entry));
	cr_expect_not(footing_is_large(footing));
	free(entry.places);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "lib%u.so", i);
		cr_assert_eq(strv_add(&paths.missing, name), 0);
	}
	cr_assert(footing_find(footing, &paths, &entry));
	cr_expect(footing_is_large(footing));
	free(entry.places);
	footing_paths_fini(&paths);
	footing_free(footing);
	places_free(places);
}
