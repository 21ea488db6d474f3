/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One call of Verify: its paths, the verdicts as they come in, and the replies they make. Every
 * path gets exactly one result. Non-logging.
 */

#include <stdbool.h>

struct call;
struct request;
struct sandbox;
struct schedule;

struct call_config {
	struct schedule *schedule;
	const struct sandbox *sandbox;
	bool more; /* replies as results become known */

	/* There is a reply to take; if 'soon', there is time until more results have come. It is to
	 * call nothing of this module. */
	void (*on_reply)(void *context, bool soon);
	void *context;
};

/*
 * Starts a call for 'request', which it takes over in any case. Returns 0, SCHEDULE_E_TOO_MANY or
 * -errno.
 */
int call_start(const struct call_config *config, struct request *request, struct call **ret_call);

/* Ends what still runs for it, and frees it. */
struct call *call_free(struct call *call);

/*
 * Takes the next reply, with 'all' also if it has few results: *ret_text is its text, which the
 * caller frees, or NULL when there is none yet; *ret_final tells that it was the last one. Returns
 * 0 or -ENOMEM.
 */
int call_take_reply(struct call *call, bool all, char **ret_text, bool *ret_final);

/* Holds back the loads of this call, because its client does not read, or lets them go on. */
void call_pause(struct call *call, bool pause);
