/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The children that load and trace: in which zygote and on which processor an attempt is made, how
 * many run at a time, when a load is slow and when its time has passed. Starts the attempts that it
 * is told to and tells how they ended; which to start and what to make of them is for others. Runs
 * in the daemon's loop; logs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "attempt.h"

struct env;
struct event_base;
struct holding;
struct loader;
struct loads;
struct request;
struct sandbox;
struct sight;
struct strv;
struct tracetext;
struct verdict;

enum load_outcome {
	LOAD_JUDGED,  /* a load has its verdict */
	LOAD_TRACED,  /* a trace came to its end */
	LOAD_FAILED,  /* the loader failed, or a child that nobody let begin was killed */
	LOAD_NO_ROOM, /* there is no process, memory or descriptor for it */
	LOAD_REFUSED, /* loaders failed in its environment, which has no loads for a while */
};

/* How an attempt ended, or why it was not begun. */
struct load_end {
	enum load_outcome outcome;
	struct verdict *verdict;      /* LOAD_JUDGED: to be taken over in the call; else NULL */
	const struct tracetext *text; /* LOAD_TRACED: NULL if nothing came of it; else NULL */
	const char *complaint;	      /* what failed, for a person; NULL unless something did */
	uint64_t elapsed_us; /* of the library's own time (spent.h); 0 if it was not begun */
};

struct loads_config {
	struct event_base *base;
	struct sandbox *sandbox;
	const char *standin;	       /* absolute path of the stand-in; NULL: no load has a host */
	const char *home;	       /* $TSUKU_HOME, or NULL */
	const struct strv *user_homes; /* that the daemon knows; not to be given to libraries */
	unsigned parallel;	       /* loads at a time; 0: as many as processors */

	/* Called with 'context', by the loop alone and never from within a function of this module;
	 * they start nothing themselves. */
	/* 'attempt' has ended as 'end' says. */
	void (*on_end)(void *context, struct attempt *attempt, struct load_end *end);
	/* The load at work on 'attempt' takes long. */
	void (*on_slow)(void *context, struct attempt *attempt);
	/* An attempt can be started that could not be before. */
	void (*on_place)(void *context);
	void *context;
};

/* New loads, none yet; everything that 'config' points to must outlive them. loads_free() frees
 * *ret_loads. Returns 0 or -errno. */
int loads_new(const struct loads_config *config, struct loads **ret_loads);

/* Kills all children and frees 'loads'; no end is told. NULL is nothing. Returns NULL. */
struct loads *loads_free(struct loads *loads);

/* A user of a load environment. */
enum loads_user {
	LOADS_USER_CALL,	/* a call, for any number of libraries */
	LOADS_USER_SECOND_LOOK, /* a further look at one library */
};

/*
 * Gets the load environment of 'loader' for 'library_path' and what else 'request' sets of one,
 * which all users of the same settings share. loads_put_env() gives *ret_env back. Returns 0,
 * LOADENV_E_TOO_MANY or -errno; -EREMOTE if 'sight' waits for something (sight.h).
 */
int loads_get_env(struct loads *loads, const struct loader *loader, const struct strv *library_path,
	const struct request *request, enum loads_user user, struct sight *sight,
	struct env **ret_env);

/* Gives 'env' back, which may be freed by that. */
void loads_put_env(struct loads *loads, struct env *env);

/* The place that there is for one more load. */
enum loads_place {
	LOADS_PLACE_NONE,
	LOADS_PLACE_NEWCOMER, /* only for a call that has no load running */
	LOADS_PLACE_ANY,      /* for any call */
};

/* The place that there is now. */
enum loads_place loads_find_place(const struct loads *loads);

/*
 * Begins 'attempt', which must stay until its end is told or loads_cancel() is called. Returns 0,
 * or -errno with *ret_end, whose complaint is valid until the next call of this function; then no
 * end will be told.
 */
int loads_start(struct loads *loads, struct attempt *attempt, struct load_end *ret_end);

/* Ends the load at work on 'attempt', if any; no end is told. */
void loads_cancel(struct loads *loads, struct attempt *attempt);

/* Has children made ahead of need: one a processor while jobs are 'waiting', one in each
 * environment for the next call. */
void loads_prepare(struct loads *loads, size_t waiting);

/* Lets go of what is kept for later calls, so that what it holds can be had by the present ones. */
void loads_make_room(struct loads *loads);

/* Takes note that the daemon's child process 'pid' has ended with 'wait_status'. */
void loads_on_child(struct loads *loads, pid_t pid, int wait_status);

/* Frees environments that have not been used for a minute. */
void loads_trim(struct loads *loads);

struct loads_figures {
	unsigned fast;	   /* loads with a job that count against those at a time */
	unsigned busy;	   /* loads with a job, or killed and not gone */
	unsigned parallel; /* loads at a time */
	unsigned zygotes;  /* in environments, not retired ones */
};

/* Counts what there is now. */
void loads_get_figures(const struct loads *loads, struct loads_figures *ret_figures);

/* The holding of the loads, always as it is now; valid as long as 'loads'. */
const struct holding *loads_holding(const struct loads *loads);
