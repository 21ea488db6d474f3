/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which refused system calls of a zygote and its load children are let through after all, and the
 * record of the rest. Judges by registers alone, so that what was judged is what goes on; what is
 * read of a process's memory is for people. Runs in the daemon's loop; non-logging.
 */

#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>

struct load;
struct load_list;
struct notify_request;
struct reader;
struct refusal;

struct grant {
	pid_t zygote;		       /* process of the zygote */
	const struct load_list *loads; /* of the zygote */
	bool executed;		       /* true: the zygote's one execve() was let through */
	unsigned forks_due;	       /* forks that the zygote was told to make and has not */
	unsigned denials;	       /* of the zygote itself, not of its children */
	unsigned own_signals;	       /* that the zygote sent to itself */
	struct reader *reader; /* of paths in the memory of loads; NULL: those are not told */
	LIST_HEAD(, refusal) refusals; /* that wait for theirs */
	/* The code of 'load' keeps trying what it may not; NULL: the zygote itself does. */
	void (*on_flood)(void *context, struct load *load);
	void *context;
};

/* A notify_answer_fn, whose 'context' is a struct grant: 0 lets the system call go on, an errno
 * refuses it. */
int grant_answer(void *context, const struct notify_request *request);

/* Forgets the refusals that wait, whose processes are not answered. */
void grant_fini(struct grant *grant);
