/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The children that load and trace: in which zygote and on which processor an attempt is made, how
 * many run at a time, when one is slow and when its time has passed. Starts what it is told to and
 * tells how that went; what to start and what to make of it is for others. Runs in the daemon's
 * loop; logs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "attempt.h"

struct env;
struct event_base;
struct holding;
struct loads;
struct sandbox;
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
	uint64_t elapsed_us;	      /* since it was begun; 0 if it was not */
};

struct loads_config {
	struct event_base *base;
	struct sandbox *sandbox;
	const char *loader;    /* absolute path of the loader program */
	const char *home;      /* $TSUKU_HOME, or NULL */
	const char *user_home; /* $HOME, or NULL */
	unsigned parallel;     /* loads at a time; 0: as many as processors */

	/* All with 'context', from the loop alone, and never from within a call of this module.
	 * They start nothing themselves. */
	void (*on_end)(void *context, struct attempt *attempt, struct load_end *end);
	/* The load of 'attempt' takes long. */
	void (*on_slow)(void *context, struct attempt *attempt);
	/* Something can be started that could not be before. */
	void (*on_place)(void *context);
	void *context;
};

/* New loads, none yet; everything that 'config' points to must outlive them. Returns 0 or -errno.
 */
int loads_new(const struct loads_config *config, struct loads **ret_loads);

/* Kills and frees all. Nobody is told. */
struct loads *loads_free(struct loads *loads);

/* Who wants a load environment. */
enum loads_user {
	LOADS_USER_CALL,	/* a call, for any number of libraries */
	LOADS_USER_SECOND_LOOK, /* a further look at one library */
};

/*
 * The load environment for these settings, shared with others of the same settings.
 * loads_put_env() gives it back. Returns 0, LOADENV_E_TOO_MANY or -errno.
 */
int loads_get_env(struct loads *loads, const struct strv *library_path, const struct strv *roots,
	enum loads_user user, struct env **ret_env);

void loads_put_env(struct loads *loads, struct env *env);

/* For whom there is a place now. */
enum loads_place {
	LOADS_PLACE_NONE,
	LOADS_PLACE_NEWCOMER, /* for a call that has no load running */
	LOADS_PLACE_ANY,
};

enum loads_place loads_find_place(const struct loads *loads);

/*
 * Begins 'attempt', which must stay until its end is told or loads_cancel(). Returns 0, or -errno
 * with *ret_end, whose complaint is valid until the next call; then no end will be told.
 */
int loads_start(struct loads *loads, struct attempt *attempt, struct load_end *ret_end);

/* Ends the load that works on 'attempt', if any; its end is not told. */
void loads_cancel(struct loads *loads, struct attempt *attempt);

/* Has children made ahead of need: one a processor while jobs are 'waiting', one in each
 * environment for the next call. */
void loads_prepare(struct loads *loads, size_t waiting);

/* Takes note that the daemon's child process 'pid' has ended with 'wait_status'. */
void loads_on_child(struct loads *loads, pid_t pid, int wait_status);

/* Lets go of environments that have not been used for a minute. */
void loads_trim(struct loads *loads);

struct loads_figures {
	unsigned fast; /* loads with a job that count against those at a time */
	unsigned busy; /* loads with a job, or killed and not gone */
	unsigned parallel;
	unsigned zygotes;
};

void loads_get_figures(const struct loads *loads, struct loads_figures *ret_figures);

/* What holds the loads; valid as long as they are, and always as it is now. */
const struct holding *loads_holding(const struct loads *loads);
