/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One load child as the daemon sees it: its channel, its output, its deadline and its end. Made
 * and freed by the zygote it belongs to. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "strv.h"

struct event;
struct event_base;
struct job;
struct trace;
struct verdict;
struct zygote;

enum load_state {
	LOAD_SPARE, /* ready, or about to be, and waiting for a job */
	LOAD_RUNNING,
	LOAD_KILLED, /* killed by us, its end not yet known */
	LOAD_LOST,   /* killed, and its end did not come */
};

struct load {
	LIST_ENTRY(load) link; /* zygote.loads */
	struct zygote *zygote;
	uint32_t id;
	pid_t pid; /* 0: not known to be forked */
	enum load_state state;
	bool slow; /* no longer counts against the loads at a time */
	bool deadline_passed;
	int channel;
	int output;
	int cpu;	 /* index into the pool's processors; -1 for none */
	struct job *job; /* NULL for a spare, and when nobody wants the answer any more */
	uint32_t timeout_ms;
	uint64_t start_us;   /* when it got its job */
	struct strv denied;  /* what its code tried and was refused, each once */
	unsigned denials;    /* how often */
	bool flooded;	     /* killed because it kept trying */
	struct trace *trace; /* what it prints, if it is to trace; else NULL */
	bool executed;	     /* its one execve() was let through */
	struct event *timer; /* the pool's */
	void *pool;
};

/*
 * A load with its two descriptor pairs: the child's ends are returned for the zygote, which the
 * caller closes when they are sent. What it prints is read as it comes if 'base' is given, as a
 * trace; else at its end, and what is too much is lost. Returns 0 or -errno.
 */
int load_new(struct event_base *base, struct load **ret_load, int *ret_channel, int *ret_output);

/* Closes everything and frees it. Its child must be gone, or to be forgotten. */
struct load *load_free(struct load *load);

/* Hands 'job' to the spare 'load', to be done on processor 'processor' (-1: any). Returns 0, or
 * -errno when the child is not there any more. */
int load_assign(struct load *load, struct job *job, int processor);

/* The same for a trace of the library that job->attempt names. Returns also -ENOSYS where the
 * dynamic linker has no such mode, and -EINVAL if it cannot be told what to load first. */
int load_assign_trace(struct load *load, struct job *job);

/*
 * Judges the load, whose child ended with 'wait_status', by what it wrote and printed.
 * Returns 0 or -ENOMEM.
 */
int load_judge(struct load *load, int wait_status, struct verdict *ret_verdict);
