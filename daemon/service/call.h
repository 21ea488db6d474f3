/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One call of Verify: its paths, their results as they come in, and the replies they make. Every
 * path gets exactly one result. Non-logging.
 */

#include <stdbool.h>

struct account;
struct call;
struct holding;
struct request;
struct schedule;

/* How much of a call there is to take. */
enum call_ready {
	CALL_NOTHING, /* no results */
	CALL_FEW,     /* results that can wait a moment for others to go with them */
	CALL_ENOUGH,  /* a reply that is worth its way, or the last one */
};

/* How a call is answered. */
enum call_kind {
	CALL_WHOLE, /* by one reply */
	CALL_MORE,  /* by replies as results become known */
};

struct call_config {
	struct schedule *schedule;
	const struct holding *holding; /* what holds the loads */
	enum call_kind kind;
	struct account *account; /* the client's */
	/* 'ready' tells how much there is to take now, which is more than before. Called by the
	 * loop; calls nothing of this module. */
	void (*on_ready)(void *context, enum call_ready ready);
	void *context;
};

/*
 * Starts a call for 'request', which is taken over in any case; what 'config' points to must
 * outlive the call. call_free() frees *ret_call. Returns 0, SCHEDULE_E_TOO_MANY,
 * SCHEDULE_E_NO_LIBC or -errno.
 */
int call_start(const struct call_config *config, struct request *request, struct call **ret_call);

/* Ends what still runs for 'call', unless its client has waited for as long as it wanted to
 * (request.within_ms), and frees the call; NULL is nothing. Returns NULL. */
struct call *call_free(struct call *call);

/* How much of 'call' there is to take now. */
enum call_ready call_get_ready(const struct call *call);

/*
 * Takes the next reply, of which there must be something: *ret_text is its text, which the caller
 * frees; *ret_final is true if it was the last reply. Returns 0 or -ENOMEM.
 */
int call_take_reply(struct call *call, char **ret_text, bool *ret_final);

/* Makes a reply that tells nothing but that the call goes on: *ret_text, which the caller frees,
 * NULL if the call has but one reply. Returns 0 or -ENOMEM. */
int call_make_beat(const struct call *call, char **ret_text);

/* Holds back the questions of 'call', whose client does not read, until call_resume(). */
void call_pause(struct call *call);
void call_resume(struct call *call);
