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

enum load_kind {
	LOAD_PLAIN,    /* what it prints is nobody's business */
	LOAD_PRINTING, /* what it prints is read at its end; what is too much is lost */
	LOAD_TRACING,  /* what it prints is read as it comes, as a trace */
};

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
	pid_t pid; /* 0: not known yet, see load_learn_pid() */
	enum load_state state;
	bool slow;  /* no longer counts against the loads at a time */
	int nice;   /* the lower priority that it is to have, 0 to 19 */
	bool again; /* its priority is not yet what it should be */
	bool deadline_passed;
	int channel;
	int output;	 /* -1: none */
	int home;	 /* index of the processor that its child stays on; -1 for none */
	int cpu;	 /* the same while it counts there as a load, else -1 */
	struct job *job; /* NULL for a spare, and when nobody wants the answer any more */
	uint32_t timeout_ms;
	uint64_t start_us;     /* when it got its job */
	bool kill_sent;	       /* to one that is to be killed, … */
	uint64_t grace_end_ms; /* … and when its time to end is over */
	struct strv denied;    /* what its code tried and was refused, each once */
	unsigned denials;      /* how often */
	unsigned own_signals;  /* that it sent to itself */
	bool flooded;	       /* killed because it kept trying, or signalling */
	struct trace *trace;   /* what it prints, if it is to trace; else NULL */
	bool executed;	       /* its one execve() was let through */
	bool untaken;	       /* it ended before it had read its job */
	bool dismissed;	       /* it was told that there is no job for it */
	struct event *timer;   /* the pool's */
	void *pool;
};

/*
 * A load with its descriptors: the child's ends are returned for the zygote, which the caller
 * closes when they are sent; *ret_output is -1 for a plain one. Returns 0 or -errno.
 */
int load_new(struct event_base *base, enum load_kind kind, struct load **ret_load, int *ret_channel,
	int *ret_output);

/* Takes the child's word for its process id, if it has given it already. */
void load_learn_pid(struct load *load);

/* Closes everything and frees it. Its child must be gone, or to be forgotten. */
struct load *load_free(struct load *load);

/* Hands 'job' to the spare 'load'. Returns 0, or -errno when the child is not there any more. */
int load_assign(struct load *load, struct job *job);

/* Whether the library that job->attempt names can be traced. Returns 0, -ENOSYS where the dynamic
 * linker has no such mode, and -EINVAL if it cannot be told what to load first. */
int load_check_trace(const struct job *job);

/* As load_assign(), for a trace of that library, if load_check_trace() allows it. */
int load_assign_trace(struct load *load, struct job *job);

/* Has its child, which gets no job any more, come to its end. */
void load_dismiss(struct load *load);

/* Whether its child, which has ended, had read its job: before that nothing of the library can have
 * run. */
bool load_took_job(struct load *load);

/* How long it has had its job. */
uint64_t load_elapsed_us(const struct load *load);

/*
 * Judges the load, whose child ended with 'wait_status', by what it wrote and printed.
 * Returns 0 or -ENOMEM.
 */
int load_judge(struct load *load, int wait_status, struct verdict *ret_verdict);
