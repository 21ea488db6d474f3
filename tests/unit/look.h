/* SPDX-License-Identifier: MIT */
#pragma once

/* A look at the library of a test's world. */

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "loader_abi.h"
#include "question.h"
#include "request.h"
#include "secondlook.h"
#include "tracetext.h"
#include "world.h"

#define TIMEOUT_MS 1000

static struct world world;
static struct request request;
static struct secondlook *look;	    /* NULL before the first load, and when it is done */
static struct secondlook_next next; /* what came of the last load or trace */
static bool explains;		    /* true: a load that is to explain an end is for the test */
static bool seeks_no_definers;	    /* true: a look for who has a symbol is not */

static inline void look_set_up(void) {
	world_make(&world);
	request = (struct request){.timeout_ms = TIMEOUT_MS};
}

static inline void look_tear_down(void) {
	look = secondlook_free(look);
	verdict_fini(&next.verdict);
	strv_fini(&request.library_path);
	world_remove(&world);
}

static inline enum secondlook_act look_go_on(struct secondlook_next came) {
	struct verdict nothing = {0};

	verdict_fini(&next.verdict);
	next = came;
	if (next.act == SECONDLOOK_LOAD && next.plan.flags & LOADER_JOB_SURVEY && seeks_no_definers)
		next = secondlook_judge(look, 0, &nothing);
	if (next.act == SECONDLOOK_LOAD && next.plan.flags & LOADER_JOB_EXPLAIN && !explains)
		next = secondlook_judge(look, 0, &nothing);
	if (next.act == SECONDLOOK_DONE)
		look = secondlook_free(look);
	return next.act;
}

/* A load of the library, the first one where there is no look, ended with 'verdict'. */
static inline enum secondlook_act judged(struct verdict verdict, uint32_t took_ms) {
	const struct question question = {world.library, &request};

	if (!look)
		look = secondlook_new(&question, &world.env);
	cr_assert_not_null(look);
	return look_go_on(secondlook_judge(look, took_ms * UINT64_C(1000), &verdict));
}

/* The same for a verdict with nothing but a reason, and what a process that fails has. */
static inline enum secondlook_act loaded(enum dltest_reason reason, uint32_t took_ms) {
	struct verdict verdict = {0};

	if (reason)
		cr_assert_eq(verdict_make(reason, "it was so", &verdict), 0);
	if (reason == DLTEST_REASON_CRASHED)
		verdict.signal = SIGSEGV;
	if (dltest_reason_class(reason) == DLTEST_REASON_CLASS_PROCESS)
		verdict.phase = "open";
	return judged(verdict, took_ms);
}

/* A trace of the library gave 'lines', or nothing for NULL. */
static inline enum secondlook_act traced(const char *lines, uint32_t took_ms) {
	struct tracetext text = {0};

	if (lines) {
		tracetext_add(&text, lines, strlen(lines));
		tracetext_end(&text);
	}
	struct secondlook_next came =
		secondlook_traced(look, took_ms * UINT64_C(1000), lines ? &text : NULL);
	tracetext_fini(&text);
	return look_go_on(came);
}

/* The survey of the library's package, which was planned, found the library at 'path' for 'name';
 * NULL: nothing. */
static inline enum secondlook_act surveyed(const char *name, const char *path, uint32_t took_ms) {
	struct verdict verdict = {.nothing_was_loaded = true};
	char found[512];

	cr_expect_eq(next.plan.flags, LOADER_JOB_SURVEY);
	cr_expect_null(next.plan.library_path);
	snprintf(found, sizeof(found), "%s%s", name ? name : "", path ? path : "");
	if (name)
		cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_FOUND, found), 0);
	return judged(verdict, took_ms);
}

/* The library loads, and says with the list 'softneeds' what it would open. */
static inline enum secondlook_act wants(const char *const *softneeds, uint32_t took_ms) {
	struct verdict verdict = {0};

	cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, world.library), 0);
	for (; *softneeds; softneeds++)
		cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_SOFT_NEEDS, *softneeds), 0);
	return judged(verdict, took_ms);
}

/* A trial in which the library loaded and what it wants did not, or did. */
static inline enum secondlook_act tried(
	enum dltest_reason reason, const char *missing, uint32_t took_ms) {
	struct verdict verdict = {.reason = reason};

	cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_OBJECT, world.library), 0);
	if (missing)
		cr_assert_eq(strv_add(&verdict.missing, missing), 0);
	else if (reason)
		verdict.phase = "close";
	return judged(verdict, took_ms);
}

static inline void expect_company(void) {
	const struct secondlook_plan *plan = &next.plan;

	cr_assert_not_null(plan->library_path);
	cr_expect_str_eq(plan->library_path->items[0], world.package);
	cr_expect_null(plan->preload);
	cr_expect_str_eq(plan->path, world.library);
}

static inline void expect_preload(size_t count, const char *first) {
	const struct secondlook_plan *plan = &next.plan;

	cr_assert_not_null(plan->preload);
	cr_expect_null(plan->library_path);
	cr_expect_eq(plan->preload->count, count);
	cr_expect_str_eq(plan->preload->items[0], first);
}

static inline void expect_alone(void) {
	const struct secondlook_plan *plan = &next.plan;

	cr_expect_null(plan->preload);
	cr_expect_null(plan->library_path);
	cr_expect_eq(plan->flags, 0);
	cr_expect_str_eq(plan->path, world.library);
}
