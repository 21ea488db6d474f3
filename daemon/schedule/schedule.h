/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The schedule: which question comes next, and whether it is answered yet. Takes the questions of
 * all calls, answers what is remembered, has loads made for the rest, fair between the calls, and
 * tells each verdict. Work is started by an event of the loop alone, never from within a function
 * of this module. Runs in the daemon's loop; non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct account;
struct batch;
struct event_base;
struct holding;
struct hostfinder;
struct loaders;
struct lookers;
struct memory;
struct request;
struct sandbox;
struct schedule;
struct strv;
struct verdict;

enum {
	/* The directories of a request are, with the system's own, more than a loader takes. */
	SCHEDULE_E_TOO_MANY = 1,
	/* The C library that a request insists on is not here, or no loader for it. */
	SCHEDULE_E_NO_LIBC = 2,
};

struct schedule_config {
	struct event_base *base;
	struct memory *memory;
	struct lookers *lookers;
	struct hostfinder *hostfinder;
	struct sandbox *sandbox;
	struct loaders *loaders;       /* of which one can run */
	const char *standin;	       /* absolute path of the stand-in; NULL: no load has a host */
	const char *home;	       /* $TSUKU_HOME, or NULL */
	const struct strv *user_homes; /* that the daemon knows; not to be given to libraries */
	unsigned parallel;	       /* loads at a time; 0: as many as processors */
};

/* A new schedule with nothing to do; what 'config' points to must outlive it. schedule_free() frees
 * *ret_schedule. Returns 0 or -errno. */
int schedule_new(const struct schedule_config *config, struct schedule **ret_schedule);

/* Kills all loads and frees 'schedule'; all batches must have been closed, or left. NULL is
 * nothing. Returns NULL. */
struct schedule *schedule_free(struct schedule *schedule);

/* The one who asks the questions of a batch. */
struct schedule_asker {
	/* Takes the verdict of question 'index', which the callee frees; calls nothing of this
	 * module. Returns true if the batch is to go on; otherwise it pauses as by
	 * schedule_pause(). */
	bool (*on_verdict)(void *context, size_t index, struct verdict *verdict);
	void *context;
	/* Of what is done for all batches of its client; must outlive them, unless one is left. */
	struct account *account;
};

/*
 * A new batch: questions about the paths of 'request', which must stay, in its settings. Each
 * question that schedule_ask() asks is answered once by the on_verdict() of 'asker', from the loop.
 * schedule_close() frees *ret_batch. Returns 0, SCHEDULE_E_TOO_MANY,
 * SCHEDULE_E_NO_LIBC or -errno.
 */
int schedule_open(struct schedule *schedule, const struct request *request,
	const struct schedule_asker *asker, struct batch **ret_batch);

/* Asks the question about path 'index' of the request, which has not been asked yet. */
void schedule_ask(struct batch *batch, size_t index);

/* Has no further questions of 'batch' begun until schedule_resume(); those begun go on. */
void schedule_pause(struct batch *batch);
void schedule_resume(struct batch *batch);

/* Ends what still runs for 'batch' and frees the batch; nothing more is told. NULL is nothing. */
void schedule_close(struct batch *batch);

/*
 * As schedule_close(), but what has been begun goes on until it has its verdict, which is
 * remembered; not for ever (leftovers.h). Takes over 'request', that of 'batch', for which
 * request_free() is called then.
 */
void schedule_leave(struct batch *batch, struct request *request);

/* Takes note that the daemon's child process 'pid' has ended with 'wait_status'. */
void schedule_on_child(struct schedule *schedule, pid_t pid, int wait_status);

/* Frees load environments that have not been used for a minute. */
void schedule_trim(struct schedule *schedule);

struct schedule_figures {
	uint64_t done;	   /* questions that loads have answered, since the start */
	size_t waiting;	   /* questions that have no load */
	unsigned running;  /* loads with a job, or killed and not gone */
	unsigned parallel; /* loads at a time */
	unsigned zygotes;  /* one a load environment */
	size_t remembered; /* verdicts */
};

/* Counts what there is now. */
void schedule_get_figures(struct schedule *schedule, struct schedule_figures *ret_figures);

/* The holding of the loads, always as it is now; valid as long as 'schedule'. */
const struct holding *schedule_holding(const struct schedule *schedule);
