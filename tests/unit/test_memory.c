/* SPDX-License-Identifier: MIT */
/* The memory as a whole, with its parts memory_context and footing. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <dltest/cleanup.h>

#include "footing.h"
#include "loadenv.h"
#include "mapped.h"
#include "memory.h"
#include "memory_context.h"
#include "memory_entry.h"
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
static struct verdict got;

static void set_up(void) {
	tempdir_make();
	env = world_env(tempdir, NULL);
	memory = memory_new();
	cr_assert_not_null(memory);
}

static void tear_down(void) {
	memory_free(memory);
	loadenv_free(env);
	request_fini(&request);
	tempdir_remove();
}

TestSuite(memory, .init = set_up, .fini = tear_down);

/* Keeps the verdict 'reason' of 'path', with a file and a directory that it rests on. */
static void keep_as(
	const char *path, enum dltest_reason reason, const char *object, const char *directory) {
	struct verdict verdict = {.reason = reason};

	outlast_tick();
	const struct memory_load load = {.env = env, .start = moment_now()};
	if (object)
		cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, object), 0);
	if (directory)
		cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_DIRECTORY, directory), 0);
	if (reason)
		cr_assert_eq(
			facts_append(&verdict.basis, verdict.facts.bytes, verdict.facts.size), 0);
	if (reason == DLTEST_REASON_MISSING_DEPENDENCY)
		cr_assert_eq(strv_add(&verdict.missing, "libgone.so"), 0);
	memory_keep(memory, &load, &request, path, &verdict);
	verdict_fini(&verdict);
}

static void keep(const char *path) {
	keep_as(path, DLTEST_REASON_NONE, path, tempdir);
}

static bool recall(const char *path) {
	bool found =
		memory_recall(memory, env, &request, path, memory_new_request(memory, env), &got);

	if (found)
		verdict_fini(&got);
	return found;
}

Test(memory, a_verdict_is_given_once_it_is_certain) {
	write_file(below("lib"), "");
	keep(below("lib"));
	cr_expect_eq(memory_count(memory), 0, "it is not certain yet");
	cr_expect(recall(below("lib")));
	cr_expect_eq(memory_count(memory), 1);
	cr_expect(recall(below("lib")));
	cr_expect_eq(memory_count(memory), 1);
	cr_expect_not(recall(below("other")));
}

/* Its long list is kept with it. */
static void keep_long(const char *path) {
	struct verdict verdict = {.reason = DLTEST_REASON_UNDEFINED_SYMBOL};
	const struct memory_load load = {.env = env, .start = moment_now()};
	char symbol[1000];

	verdict.error = strdup("undefined symbols");
	memset(symbol, 's', sizeof(symbol) - 1);
	symbol[sizeof(symbol) - 1] = '\0';
	for (int i = 0; i < 256; i++)
		cr_assert_eq(strv_add(&verdict.symbols, symbol), 0);
	cr_assert_eq(facts_put(&verdict.basis, DLTEST_FACT_OBJECT, path), 0);
	memory_keep(memory, &load, &request, path, &verdict);
	verdict_fini(&verdict);
}

Test(memory, room_for_long_verdicts_is_bounded) {
	for (int i = 0; i < 100; i++)
		write_file(below("lib%d", i), "");
	outlast_tick();
	for (int i = 0; i < 100; i++)
		keep_long(below("lib%d", i));
	memory_settle(memory);
	/* 250 KiB each; 16 MiB are the limit, and the last ones stay. */
	cr_expect_lt(memory_count(memory), 66);
	cr_expect_gt(memory_count(memory), 60);
	cr_expect(recall(below("lib99")));
	cr_expect_not(recall(below("lib0")));
}

/* What verdicts share counts: a call may name 64 directories of 4 KiB. */
Test(memory, room_for_settings_is_bounded) {
	enum {
		COUNT = 400,
		SIZE = 60000
	};
	char *text = calloc(1, SIZE + 1);

	write_file(below("lib"), "");
	outlast_tick();
	memset(text, 'x', SIZE);
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(text + SIZE - 10, 11, "%010u", i);
		free(env->key);
		env->key = strdup(text);
		keep(below("lib"));
		memory_settle(memory);
	}
	free(text);
	cr_expect_leq(memory_count(memory), MEMORY_BYTES_MAX / SIZE);
	cr_expect_gt(memory_count(memory), MEMORY_BYTES_MAX / SIZE * 9 / 10);
	cr_expect(recall(below("lib")));
}

Test(memory, other_settings_have_other_verdicts) {
	write_file(below("lib"), "");
	keep(below("lib"));
	request.lazy = true;
	cr_expect_not(recall(below("lib")));
	request.lazy = false;
	request.bare = true;
	cr_expect_not(recall(below("lib")));
	request.bare = false;
	cr_assert_eq(strv_add(&request.preload, "/usr/lib/x"), 0);
	cr_expect_not(recall(below("lib")));
	request_fini(&request);
	cr_expect(recall(below("lib")));
	env->dirs_digest++;
	cr_expect_not(recall(below("lib")), "the same names of other directories");
}

Test(memory, details_are_given_only_by_a_verdict_with_details) {
	write_file(below("lib"), "");
	keep(below("lib"));
	cr_expect(recall(below("lib")));
	request.details = true;
	cr_expect_not(recall(below("lib")));
	keep(below("lib"));
	cr_assert(memory_recall(
		memory, env, &request, below("lib"), memory_new_request(memory, env), &got));
	cr_expect_str_eq(facts_next(&got.facts, DLTEST_FACT_OBJECT, NULL), below("lib"));
	cr_expect(got.cached);
	verdict_fini(&got);
	request.details = false;
	cr_expect(recall(below("lib")));
	cr_expect_eq(memory_count(memory), 1, "in place of the other one");
}

Test(memory, a_verdict_is_forgotten_when_a_place_changes) {
	write_file(below("lib"), "");
	write_file(below("object"), "");
	make_dir("dir");
	keep_as(below("lib"), DLTEST_REASON_NONE, below("object"), below("dir"));
	cr_assert(recall(below("lib")));
	outlast_tick();
	write_file(below("object"), "");
	cr_expect_not(recall(below("lib")));
	cr_expect_eq(memory_count(memory), 0);
	keep_as(below("lib"), DLTEST_REASON_NONE, below("object"), below("dir"));
	cr_assert(recall(below("lib")));
	write_file(below("dir/new"), "");
	cr_expect_not(recall(below("lib")));
}

Test(memory, a_change_before_settling_is_noticed) {
	write_file(below("lib"), "");
	keep(below("lib"));
	outlast_tick();
	write_file(below("lib"), "");
	cr_expect_not(recall(below("lib")));
	cr_expect_eq(memory_count(memory), 0);
}

Test(memory, a_change_of_what_a_search_passed_over_is_noticed) {
	write_file(below("lib"), "");
	make_dir("dir");
	make_dir("dir/glibc-hwcaps");
	make_dir("dir/glibc-hwcaps/x86-64-v2");
	cr_assert_eq(symlink("../nowhere", below("dir/libgone.so")), 0);
	cr_assert_eq(
		symlink("../../../nowhere2", below("dir/glibc-hwcaps/x86-64-v2/libgone.so")), 0);
	for (unsigned i = 0; i < 2; i++) {
		keep_as(below("lib"), DLTEST_REASON_MISSING_DEPENDENCY, NULL, below("dir"));
		cr_assert(recall(below("lib")));
		write_file(below(i ? "nowhere2" : "nowhere"), "");
		cr_expect_not(recall(below("lib")));
		cr_assert_eq(unlink(below(i ? "nowhere2" : "nowhere")), 0);
	}
	/* The dependency of a library that fails for another reason, found in a later directory. */
	keep_as(below("lib"), DLTEST_REASON_UNDEFINED_SYMBOL, below("later/libgone.so"),
		below("dir"));
	cr_assert(recall(below("lib")));
	write_file(below("nowhere"), "");
	cr_expect_not(recall(below("lib")));
}

Test(memory, a_verdict_with_a_relative_name_is_not_kept) {
	struct verdict verdict = {.reason = DLTEST_REASON_MISSING_DEPENDENCY};

	write_file(below("lib"), "");
	outlast_tick();
	const struct memory_load load = {.env = env, .start = moment_now()};
	cr_assert_eq(facts_put(&verdict.basis, DLTEST_FACT_DIRECTORY, tempdir), 0);
	cr_assert_eq(strv_add(&verdict.missing, "sub/lib.so"), 0);
	memory_keep(memory, &load, &request, below("lib"), &verdict);
	cr_expect_not(recall(below("lib")));
	strv_fini(&verdict.missing);
	cr_assert_eq(strv_add(&verdict.missing, "lib.so"), 0);
	memory_keep(memory, &load, &request, below("lib"), &verdict);
	cr_expect(recall(below("lib")));
	cr_assert_eq(facts_put(&verdict.basis, DLTEST_FACT_INCOMPLETE, "why"), 0);
	memory_keep(memory, &load, &request, below("lib"), &verdict);
	verdict_fini(&verdict);
}

Test(memory, a_verdict_is_not_kept_if_the_clock_was_set_during_the_load) {
	struct verdict verdict = {0};

	write_file(below("lib"), "");
	cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, below("lib")), 0);
	outlast_tick();
	struct memory_load load = {.env = env, .start = moment_now()};
	/* As it would be had the clock been set back, or forward, by an hour since. */
	for (int hours = -1; hours <= 1; hours++) {
		struct memory_load shifted = load;
		shifted.start.real.tv_sec += 3600 * hours;
		memory_keep(memory, &shifted, &request, below("lib"), &verdict);
		memory_settle(memory);
		cr_expect_eq(recall(below("lib")), hours >= 0, "%d", hours);
	}
	verdict_fini(&verdict);
}

Test(memory, a_verdict_rests_on_the_loader_too) {
	struct verdict verdict = {0};
	struct mapped mapped = {.count = 1};

	write_file(below("lib"), "");
	write_file(below("loader"), "");
	mapped.files[0].path = strdup(below("loader"));
	mapped.files[0].stamp = stamp_take(below("loader"));
	cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, below("lib")), 0);
	outlast_tick();
	const struct memory_load load = {.env = env, .mapped = &mapped, .start = moment_now()};
	memory_keep(memory, &load, &request, below("lib"), &verdict);
	cr_expect(recall(below("lib")));
	cr_assert_eq(chmod(below("loader"), 0600), 0);
	cr_expect_not(recall(below("lib")));
	/* One that runs on has still mapped what was there before. */
	outlast_tick();
	const struct memory_load later = {.env = env, .mapped = &mapped, .start = moment_now()};
	memory_keep(memory, &later, &request, below("lib"), &verdict);
	cr_expect_not(recall(below("lib")));
	mapped_fini(&mapped);
	verdict_fini(&verdict);
}

Test(memory, dead_verdicts_take_no_room) {
	for (unsigned i = 0; i < 300; i++)
		write_file(below("%u", i), "");
	for (unsigned round = 0; round < 3; round++) {
		outlast_tick();
		const struct memory_load load = {.env = env, .start = moment_now()};
		for (unsigned i = 0; i < 300; i++) {
			struct verdict verdict = {0};
			cr_assert_eq(
				facts_put(&verdict.facts, DLTEST_FACT_OBJECT, below("%u", i)), 0);
			memory_keep(memory, &load, &request, below("%u", i), &verdict);
			verdict_fini(&verdict);
		}
		memory_settle(memory);
		cr_expect_eq(memory_count(memory), 300);
		for (unsigned i = 0; i < 300; i++)
			cr_expect(recall(below("%u", i)), "%u", i);
		outlast_tick();
		for (unsigned i = 0; i < 300; i++)
			cr_assert_eq(chmod(below("%u", i), round % 2 ? 0644 : 0600), 0);
	}
	cr_expect_not(recall(below("0")));
}

/* A library can have its child say anything. Depth costs stack, and each part of a path memory. */
Test(memory, paths_of_any_depth_are_survived) {
	static char deep[100 * 1024];

	for (size_t i = 0; i < sizeof(deep) - 1; i++)
		deep[i] = i % 2 ? 'a' : '/';
	write_file(below("lib"), "");
	keep_as(below("lib"), DLTEST_REASON_NONE, deep, tempdir);
	cr_expect_not(recall(below("lib")));
	keep_as(below("lib"), DLTEST_REASON_NONE, below("lib"), deep);
	cr_expect_not(recall(below("lib")));
	deep[4094] = '\0';
	keep_as(below("lib"), DLTEST_REASON_NONE, deep, tempdir);
	recall(below("lib"));
}

/* A verdict of lib NUMBER that rests on 'count' objects which no other one rests on, as a hostile
 * library can have it. */
static void keep_many(unsigned number, unsigned count) {
	struct verdict verdict = {0};
	const struct memory_load load = {.env = env, .start = moment_now()};

	for (unsigned i = 0; i < count; i++)
		cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT,
				     below("gone/%0100u.%u", number, i)),
			0);
	memory_keep(memory, &load, &request, below("lib%u", number), &verdict);
	verdict_fini(&verdict);
}

Test(memory, a_verdict_that_rests_on_too_much_is_not_kept) {
	write_file(below("lib0"), "");
	outlast_tick();
	keep_many(0, 1024);
	cr_expect_not(recall(below("lib0")));
	keep_many(0, 1000);
	cr_expect(recall(below("lib0")));
}

/* Were they to wait, 8 would be more than can, and all that waits be settled. */
Test(memory, a_verdict_that_rests_on_too_much_does_not_wait) {
	write_file(below("lib0"), "");
	outlast_tick();
	keep(below("lib0"));
	for (unsigned i = 1; i <= 20; i++)
		keep_many(i, 1024);
	cr_expect_eq(memory_count(memory), 0);
	memory_settle(memory);
	cr_expect_eq(memory_count(memory), 1);
}

/* Nobody else is answered meanwhile. */
Test(memory, verdicts_are_settled_before_there_is_much_to_do) {
	clock_t longest = 0;

	for (unsigned i = 0; i < 60; i++)
		write_file(below("lib%u", i), "");
	outlast_tick();
	for (unsigned i = 0; i < 60; i++) {
		clock_t start = clock();
		keep_many(i, 1000);
		clock_t time = clock() - start;
		longest = time > longest ? time : longest;
		/* 7 wait at a time, and what they rest on goes with the oldest. */
		cr_expect(i < 8 || memory_count(memory) > 0, "%u", i);
	}
	cr_expect_leq(longest, CLOCKS_PER_SEC / 2);
	memory_settle(memory);
	/* 370 KiB each. */
	cr_expect_gt(memory_count(memory), 30);
	cr_expect_lt(memory_count(memory), 60);
	cr_expect(recall(below("lib59")));
	cr_expect_not(recall(below("lib0")));
}

/* Each of many names would be looked for in each of many directories. */
Test(memory, too_many_names_in_too_many_directories_are_not_looked_for) {
	struct verdict verdict = {0};
	char text[4000] = "/";

	write_file(below("lib"), "");
	outlast_tick();
	const struct memory_load load = {.env = env, .start = moment_now()};
	for (size_t i = 0; i < 1900; i++) {
		strcat(text, "./");
		cr_assert_eq(facts_put(&verdict.basis, DLTEST_FACT_DIRECTORY, text), 0);
	}
	for (size_t i = 0; i < 1900; i++) {
		snprintf(text, sizeof(text), "/o%zu", i);
		cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, text), 0);
	}
	memory_keep(memory, &load, &request, below("lib"), &verdict);
	/* The processor's time: others may have it for longer. */
	clock_t start = clock();
	memory_settle(memory);
	cr_expect_leq(clock() - start, 2 * CLOCKS_PER_SEC);
	cr_expect_eq(memory_count(memory), 0);
	verdict_fini(&verdict);
}
