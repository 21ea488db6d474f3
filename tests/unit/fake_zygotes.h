/* SPDX-License-Identifier: MIT */
#pragma once

/* Zygotes and their children that are made up, for tests of the loads: linked instead of zygote.c
 * and childproc. */

#include <criterion/criterion.h>
#include <stdlib.h>

#include "childproc.h"
#include "load.h"
#include "zygote.h"

struct zygote {
	struct load_list loads;
	struct zygote *next;
	bool broken;
};

static const struct zygote_config *zygotes; /* as the loads have set them up */
static struct zygote *last;		    /* started last */
static unsigned zygotes_started, zygotes_freed, forks;
static int start_answer, fork_answer, broken_for;
static int ends[2]; /* of the load forked last: its child's channel and output */

int zygote_start(
	const struct zygote_config *config, const struct loadenv *env, struct zygote **ret_zygote) {
	(void)env;
	zygotes = config;
	if (start_answer)
		return start_answer;
	zygotes_started++;
	last = calloc(1, sizeof(*last));
	LIST_INIT(&last->loads);
	*ret_zygote = last;
	return 0;
}

struct zygote *zygote_free(struct zygote *zygote) {
	struct load *load;

	zygotes_freed++;
	while ((load = LIST_FIRST(&zygote->loads))) {
		LIST_REMOVE(load, link);
		load_free(load);
	}
	free(zygote);
	return NULL;
}

int zygote_fork(struct zygote *zygote, enum load_kind kind, int cpu, const struct gift *gift,
	struct load **ret_load) {
	(void)cpu, (void)gift;
	if (fork_answer)
		return fork_answer;
	forks++;
	cr_assert_eq(load_new(zygotes->base, kind, &zygotes->loads, ret_load, ends), 0);
	(*ret_load)->zygote = zygote;
	LIST_INSERT_HEAD(&zygote->loads, *ret_load, link);
	return 0;
}

int zygote_error(const struct zygote *zygote) {
	(void)zygote;
	return broken_for;
}

int zygote_failed_step(const struct zygote *zygote) {
	(void)zygote;
	return -1;
}

bool zygote_is_heard(const struct zygote *zygote) {
	(void)zygote;
	return false;
}

pid_t zygote_pid(const struct zygote *zygote) {
	return zygote == last ? 42 : 41;
}

bool zygote_is_broken(const struct zygote *zygote) {
	return zygote->broken;
}

const char *zygote_complaint(const struct zygote *zygote) {
	(void)zygote;
	return "it broke";
}

void zygote_on_exit(struct zygote *zygote, int wait_status) {
	(void)wait_status;
	zygote->broken = true;
	zygotes->on_broken(zygotes->context, zygote);
}

struct load *zygote_first_load(const struct zygote *zygote) {
	return LIST_FIRST(&zygote->loads);
}

struct zygote *zygote_next(const struct zygote *zygote) {
	return zygote->next;
}

void zygote_set_next(struct zygote *zygote, struct zygote *next) {
	zygote->next = next;
}

static struct childproc_usage usage; /* of all children */

int childproc_look(pid_t pid, pid_t parent, struct childproc_usage *ret_usage) {
	(void)pid, (void)parent;
	*ret_usage = usage;
	return 0;
}

int childproc_kill(pid_t pid, pid_t parent) {
	(void)pid, (void)parent;
	return 0;
}

int childproc_signal(pid_t pid, pid_t parent, int signal) {
	(void)pid, (void)parent, (void)signal;
	return -ESRCH;
}

bool childproc_is_runnable(pid_t pid) {
	(void)pid;
	return false;
}

bool childproc_has_thread(pid_t pid, pid_t thread) {
	(void)pid, (void)thread;
	return false;
}

uint64_t childproc_own_delay_us(void) {
	return 0;
}
