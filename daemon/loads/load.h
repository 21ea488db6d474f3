/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One load child as the daemon sees it: its channel, its output, its states, and the timer that
 * takes it from one to the next. Made and freed by the zygote it belongs to. Runs in the daemon's
 * loop; non-logging.
 *
 *     SPARE ──assign──▶ RUNNING ──50 ms──▶ SLOW ──timeout──▶ KILLED ──2 s──▶ LOST
 *
 * An end of the child can come in any state, a kill in any but the last two.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "judgement.h"
#include "strv.h"

struct attempt;
struct event;
struct event_base;
struct load;
struct trace;
struct verdict;
struct zygote;

enum load_kind {
	LOAD_PLAIN,    /* what it prints is nobody's business */
	LOAD_PRINTING, /* what it prints is read at its end; what is too much is lost */
	LOAD_TRACING,  /* what it prints is read as it comes, as a trace */
};

enum load_state {
	LOAD_SPARE,   /* ready, or about to be, and waiting for a job */
	LOAD_RUNNING, /* has a job, and counts against the loads at a time */
	LOAD_SLOW,    /* has had it for long, and counts no more */
	LOAD_KILLED,  /* killed by us, its end not yet known */
	LOAD_LOST,    /* nobody waits for its end any more */
};

/* Who is told what becomes of a load without an end. */
struct load_events {
	/* The load counts no more against the loads at a time: it is slow or killed. */
	void (*on_place)(void *context, struct load *load);
	/* The load is slow; its load->nice is to be set in the call. */
	void (*on_slow)(void *context, struct load *load);
	/* The child was killed and does not end. */
	void (*on_stuck)(void *context, struct load *load);
	void *context;
};

struct load {
	LIST_ENTRY(load) link; /* load_list */
	struct zygote *zygote;
	const struct load_events *events;
	uint32_t id;  /* by which zygote and daemon call it */
	pid_t parent; /* the zygote's process; 0 once that has ended */
	pid_t pid;    /* 0: not known yet, see load_learn_pid() */
	enum load_state state;
	enum judgement_cause cause; /* of its end */
	int nice;		    /* the lower priority that it is to have, 0 to 19 */
	bool nice_pending;	    /* true: its priority is not yet what it should be */
	int processor;		    /* index of the one that its child stays on; -1: none */
	int channel;		    /* the daemon's end of its socket */
	int output;		    /* the daemon's end of its pipe; -1: it has none */
	struct attempt *attempt; /* NULL for a spare, and when nobody wants the answer any more */
	uint32_t timeout_ms;
	uint64_t start_us;     /* when it got its job */
	uint64_t grace_end_ms; /* when to stop waiting for its end, once it is killed */
	struct strv denied;    /* what its code tried and was refused, each once */
	unsigned denials;      /* refusals, each time counted */
	unsigned own_signals;  /* that it sent to itself */
	struct trace *trace;   /* what it prints, if it is to trace; else NULL */
	bool executed;	       /* true: its one execve() was let through */
	bool died_before_job;  /* true: its child ended before it had read its job */
	bool dismissed;	       /* true: its child was told that there is no job for it */
	struct event *timer;
};

LIST_HEAD(load_list, load);

/*
 * A new spare with its descriptors; 'events' must outlive it. The child's ends are returned for
 * the zygote, which the caller closes when they are sent; *ret_output is -1 for a plain one.
 * Returns 0 or -errno.
 */
int load_new(struct event_base *base, enum load_kind kind, const struct load_events *events,
	struct load **ret_load, int ret_ends[2]);

/* Closes everything and frees it. Its child must be gone, or to be forgotten. */
struct load *load_free(struct load *load);

/* Takes the child's word for its process id, if it has given it already. */
void load_learn_pid(struct load *load);

/* Hands 'attempt' to the spare 'load', which runs from now on. Returns 0; -EPIPE when the child is
 * not there any more, or other -errno, and then it stays what it was. */
int load_assign(struct load *load, struct attempt *attempt);

/* Kills the child of a load that is at work, for 'cause'; of any other nothing is done. */
void load_kill(struct load *load, enum judgement_cause cause);

/* Takes its attempt away from a load, whose answer nobody wants any more, and kills its child if it
 * is at work. Returns whether it counted against the loads at a time until now; on_place is not
 * called. */
bool load_forget(struct load *load);

/* Gives up a spare that cannot take a job: kills its child if that is known, and waits for no end
 * of it. */
void load_lose(struct load *load);

/* Has its child, which gets no job any more, come to its end. */
void load_dismiss(struct load *load);

/* Whether it has a job and is not killed: it is running or slow. */
bool load_is_at_work(const struct load *load);

/* Whether its child, which has ended, had read its job: before that nothing of the library can have
 * run. */
bool load_took_job(struct load *load);

/* How long it has had its job. */
uint64_t load_elapsed_us(const struct load *load);

/*
 * Judges the load, whose child ended with 'wait_status', by what that wrote and printed.
 * Returns 0 or -ENOMEM.
 */
int load_judge(struct load *load, int wait_status, struct verdict *ret_verdict);
