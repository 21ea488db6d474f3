/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One call of Verify: its paths, their results as they come in, and the replies they make. Every
 * path gets exactly one result. Non-logging.
 */

#include <stdbool.h>

struct call;
struct holding;
struct request;
struct schedule;

/* What there is to take. */
enum call_ready {
	CALL_NOTHING,
	CALL_FEW,    /* results that can wait a moment for others to go with them */
	CALL_ENOUGH, /* a reply that is worth its way, or the last one */
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
	/* There is more to take than before, 'ready' by now. Called from the loop; is to call
	 * nothing of this module. */
	void (*on_ready)(void *context, enum call_ready ready);
	void *context;
};

/*
 * Starts a call for 'request', which it takes over in any case. Returns 0, SCHEDULE_E_TOO_MANY or
 * -errno.
 */
int call_start(const struct call_config *config, struct request *request, struct call **ret_call);

/* Ends what still runs for it, and frees it. */
struct call *call_free(struct call *call);

enum call_ready call_get_ready(const struct call *call);

/*
 * Takes the next reply, of which there must be something: *ret_text is its text, which the caller
 * frees; *ret_final tells that it was the last one. Returns 0 or -ENOMEM.
 */
int call_take_reply(struct call *call, char **ret_text, bool *ret_final);

/* Holds back the questions of this call, because its client does not read, until call_resume(). */
void call_pause(struct call *call);
void call_resume(struct call *call);
