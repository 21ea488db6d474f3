/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One load child as the daemon sees it: its channel, its output, its states, and the timer that
 * takes it from one state to the next. Made and freed by the zygote that forks the child. Runs in
 * the daemon's loop; non-logging.
 *
 *     SPARE ──assign──▶ RUNNING ──50 ms──▶ SLOW ──timeout──▶ ENDING ──2 s──▶ LOST
 *
 * An end of the child can come in any state, a kill in any but the last two. A slow load is looked
 * at again and again: what it has spent (spent.h), what memory it has, and whether it is there.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "judgement.h"
#include "strv.h"
#include "watch.h"

struct attempt;
struct event;
struct event_base;
struct load;
struct processors;
struct reserve;
struct trace;
struct verdict;
struct zygote;

enum load_kind {
	LOAD_PLAIN,    /* nobody reads what the child prints */
	LOAD_PRINTING, /* what the child prints is read at its end; what is too much is lost */
	LOAD_TRACING,  /* what the child prints is read as it comes, as a trace */
};

enum load_state {
	LOAD_SPARE,   /* ready, or about to be, and waiting for a job */
	LOAD_RUNNING, /* has a job */
	LOAD_SLOW,    /* has had its job for long */
	LOAD_ENDING,  /* killed by us, or found to have ended; its end is not yet known */
	LOAD_LOST,    /* its end is not waited for any more */
};

/* How a child ended, as its zygote says. */
struct load_exit {
	int wait_status; /* waitpid(2) */
	uint32_t cpu_us; /* of processor time */
};

/* How a load counts among those at a time. */
enum load_count {
	LOAD_COUNT_NONE,  /* not at all: it has no job, or it sleeps or waits */
	LOAD_COUNT_QUICK, /* it has a place, and is not slow so far */
	LOAD_COUNT_KEEPS, /* it is slow and uses its processor, and so has its place still */
	LOAD_COUNT_LOOSE, /* it uses its processor without having a place */
	LOAD_COUNT_COUNT_
};

/* Who is told what becomes of a load without an end. */
struct load_events {
	/* The load has a job no more: it is ending. */
	void (*on_place)(void *context, struct load *load);
	/* The load has become slow. */
	void (*on_slow)(void *context, struct load *load);
	/* The slow load was looked at, and goes on. */
	void (*on_looked)(void *context, struct load *load);
	/* The child does not end, or its end is not told of. */
	void (*on_stuck)(void *context, struct load *load);
	void *context;
	/* Descriptors to look at children with; NULL: none are kept back. */
	struct reserve *reserve;
	/* Where what loads use is counted; NULL: it is not. */
	struct processors *processors;
};

struct load {
	LIST_ENTRY(load) link; /* load_list */
	struct zygote *zygote; /* that forks the child */
	const struct load_events *events;
	uint32_t id;  /* by which zygote and daemon call it */
	pid_t parent; /* the zygote's process; 0 once that has ended */
	pid_t pid;    /* 0: not known yet, see load_learn_pid() */
	enum load_state state;
	enum judgement_cause cause; /* of the child's end */
	int processor;		    /* index of the one that the child stays on; -1: none */
	enum load_count count;	    /* how the loads count it; theirs to set */
	int channel;		    /* the daemon's end of the child's socket */
	int output;		    /* the daemon's end of the child's pipe; -1: none */
	struct attempt *attempt; /* NULL for a spare, and when nobody wants the answer any more */
	uint32_t timeout_ms;	 /* of the attempt */
	uint64_t start_us;	 /* when the child got its job */
	struct watch watch;	 /* over the child */
	unsigned blind_looks;	 /* one after the other, that saw nothing */
	unsigned unheard_ms; /* how long nothing has been heard of a child that could say something
			      */
	uint64_t grace_end_ms; /* when to stop waiting for the end of a child that is ending */
	unsigned graces;       /* how often that was put off */
	bool is_killed;	       /* true: nothing more need be done for that end */
	struct strv denied;    /* what the child's code tried and was refused, each once */
	struct strv refused;   /* the last of it, in its order */
	uint64_t refused_us;   /* when that was */
	unsigned denials;      /* refusals, each time counted */
	bool unreadable;       /* true: what it names lies where nobody can read it */
	unsigned own_signals;  /* that the child sent to itself */
	unsigned files;	       /* anonymous ones that the child has made */
	struct trace *trace;   /* what a child that traces prints; else NULL */
	bool executed;	       /* true: the child's one execve() was let through */
	bool filtered;	       /* true: the child has asked for a filter of its own */
	bool died_before_job;  /* true: the child ended before it had read its job */
	bool dismissed;	       /* true: the child was told that there is no job for it */
	struct event *timer;   /* for the end of the state */
};

LIST_HEAD(load_list, load);

/*
 * A new spare with its descriptors; 'events' must outlive it, load_free() frees it. The child's
 * ends of channel and output are returned in 'ret_ends' to be sent to the zygote; the caller closes
 * them afterwards. That of the output is -1 for LOAD_PLAIN. Returns 0 or -errno.
 */
int load_new(struct event_base *base, enum load_kind kind, const struct load_events *events,
	struct load **ret_load, int ret_ends[2]);

/* Closes the descriptors of 'load' and frees it; NULL is nothing. The child must be gone, or not to
 * be cared for any more. Returns NULL. */
struct load *load_free(struct load *load);

/* Sets load->pid to what the child says its process id is, if the child has said so already. */
void load_learn_pid(struct load *load);

/* Hands 'attempt' to the spare 'load', which runs from now on. Returns 0; -EPIPE when the child is
 * not there any more, or other -errno, and then the load stays what it was. */
int load_assign(struct load *load, struct attempt *attempt);

/* Kills the child of 'load' for 'cause' if the load is at work; else does nothing. */
void load_kill(struct load *load, enum judgement_cause cause);

/* Takes the attempt away from 'load', whose answer nobody wants any more, and kills the child if
 * the load is at work. Returns true if it was; on_place is not called. */
bool load_forget(struct load *load);

/* Gives up the spare 'load', which cannot take a job: kills the child if its process id is known,
 * and waits for no end. */
void load_lose(struct load *load);

/* Tells the child of 'load' that there will be no job, so that the child ends. */
void load_dismiss(struct load *load);

/* True if 'load' is running or slow: the child has a job and is not ending. */
bool load_is_at_work(const struct load *load);

/* True if the child, which has ended, had read its job: before that nothing of the library can have
 * run. */
bool load_took_job(struct load *load);

/* True if the child of 'load', which ended with 'wait_status', could not be confined for want of a
 * descriptor or memory, before it had read its job. */
bool load_lacked_room(struct load *load, int wait_status);

/* How long the child of 'load' has had its job. */
uint64_t load_elapsed_us(const struct load *load);

/* How much of its own time (spent.h) the library has had, as far as that is known: beyond the last
 * look the time until the next one counts at most. */
uint64_t load_own_us(const struct load *load);

/*
 * Judges 'load', whose child ended with 'wait_status', by what the child wrote and printed.
 * verdict_fini() frees what *ret_verdict holds. Returns 0, -ENOMEM, or another -errno where what it
 * wrote cannot be read.
 */
int load_judge(struct load *load, int wait_status, struct verdict *ret_verdict);
