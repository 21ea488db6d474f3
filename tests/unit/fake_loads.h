/* SPDX-License-Identifier: MIT */
#pragma once

/* Loads and a memory that are made up, for tests of the schedule: linked instead of the rooms. */

#include <criterion/criterion.h>
#include <string.h>

#include "envs.h"
#include "loadenv.h"
#include "loaders.h"
#include "loads.h"
#include "memory.h"
#include "request.h"
#include "verdict.h"

#define PATHS 100

/* --- Loads made up ---------------------------------------------------------------------- */

static struct loads_config config;
static struct env the_env, other_env, musls_env;
static struct attempt *at_work[PATHS];
static size_t at_work_count, started, cancelled, prepared, made_room;
static unsigned places;
static struct load_end refusal; /* of loads_start(), while it has a complaint */

int loads_new(const struct loads_config *given, struct loads **ret_loads) {
	config = *given;
	*ret_loads = (struct loads *)&config;
	return 0;
}

struct loads *loads_free(struct loads *loads) {
	(void)loads;
	return NULL;
}

int loads_get_env(struct loads *loads, const struct loader *loader, const struct strv *library_path,
	const struct request *asked, enum loads_user user, struct sight *sight,
	struct env **ret_env) {
	bool is_other = loader && loader->libc == LOADERS_MUSL;
	struct env *env = is_other ? &musls_env : user == LOADS_USER_CALL ? &the_env : &other_env;

	(void)loads, (void)library_path, (void)asked, (void)sight;
	env->refs++;
	*ret_env = env;
	return 0;
}

void loads_put_env(struct loads *loads, struct env *env) {
	(void)loads;
	env->refs--;
}

enum loads_place loads_find_place(const struct loads *loads) {
	(void)loads;
	return at_work_count < places ? LOADS_PLACE_ANY : LOADS_PLACE_NONE;
}

int loads_start(struct loads *loads, struct attempt *attempt, struct load_end *ret_end) {
	(void)loads;
	started++;
	if (refusal.complaint) {
		*ret_end = refusal;
		return -1;
	}
	at_work[at_work_count++] = attempt;
	return 0;
}

static void take_out(struct attempt *attempt) {
	size_t kept = 0;

	for (size_t i = 0; i < at_work_count; i++) {
		if (at_work[i] != attempt)
			at_work[kept++] = at_work[i];
	}
	at_work_count = kept;
}

void loads_cancel(struct loads *loads, struct attempt *attempt) {
	size_t before = at_work_count;

	(void)loads;
	take_out(attempt);
	cancelled += before - at_work_count;
}

void loads_prepare(struct loads *loads, size_t waiting) {
	(void)loads, (void)waiting;
	prepared++;
}

void loads_make_room(struct loads *loads) {
	(void)loads;
	made_room++;
}

void loads_on_child(struct loads *loads, pid_t pid, int wait_status) {
	(void)loads, (void)pid, (void)wait_status;
}

void loads_trim(struct loads *loads) {
	(void)loads;
}

void loads_get_figures(const struct loads *loads, struct loads_figures *ret_figures) {
	(void)loads;
	*ret_figures = (struct loads_figures){.fast = (unsigned)at_work_count,
		.busy = (unsigned)at_work_count,
		.parallel = places};
}

const struct holding *loads_holding(const struct loads *loads) {
	(void)loads;
	return NULL;
}

const struct loadenv *env_loadenv(const struct env *env) {
	static char nothing[] = "";
	static const struct loadenv nowhere = {.key = nothing, .search_path = nothing};

	return env->loadenv ? env->loadenv : &nowhere;
}

const struct mapped *env_mapped(struct env *env) {
	return &env->mapped;
}

bool env_is_same(struct env *env) {
	return !env->stale;
}

/* --- A memory made up ------------------------------------------------------------------- */

static const char *remembered; /* the one path that is */
static size_t kept, settled;

uint64_t memory_new_request(struct memory *memory, const struct loadenv *env) {
	(void)memory, (void)env;
	return 1;
}

bool memory_recall(struct memory *memory, const struct loadenv *env, const struct request *request,
	const char *path, uint64_t arrival, struct verdict *ret_verdict) {
	(void)memory, (void)env, (void)request, (void)arrival;
	if (!remembered || strcmp(path, remembered) != 0)
		return false;
	*ret_verdict = (struct verdict){.cached = true};
	return true;
}

void memory_keep(struct memory *memory, const struct memory_load *load,
	const struct request *request, const char *path, const struct verdict *verdict) {
	(void)memory, (void)load, (void)request, (void)path, (void)verdict;
	kept++;
}

void memory_settle(struct memory *memory) {
	(void)memory;
	settled++;
}

size_t memory_count(const struct memory *memory) {
	(void)memory;
	return 0;
}
