/* SPDX-License-Identifier: MIT */
#include "call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "reply.h"
#include "request.h"
#include "schedule.h"
#include "varlink.h"
#include "verdict.h"

/* Results in one reply of many. With fewer it can wait a moment for others: each reply wakes the
 * client up. With so many the call's jobs wait until it is made: of what is remembered any number
 * would be known at once, and takes ten times as much then as it did. */
#define RESULTS_PER_REPLY 32
/* Bytes of results, after which no further one is added. */
#define SIZE_PER_REPLY (1024 * 1024)
/* Bytes that one result may have: with those before it, it must fit into a reply. */
#define RESULT_MAX (DLTEST_REPLY_MAX - SIZE_PER_REPLY - (RESULTS_PER_REPLY + 1) * REPLY_REST)

struct call {
	struct call_config config;
	struct request request;
	struct batch *batch;	  /* NULL until its questions are asked */
	struct verdict *verdicts; /* one a path */
	size_t *known;		  /* indices of the verdicts that have come in, in that order */
	size_t *sizes;		  /* bytes of each verdict in a reply, once it is known */
	size_t count;
	size_t known_count;
	size_t replied_count; /* of 'known' */
	size_t size;	      /* bytes of those results that no reply has had */
	bool paused;	      /* by the peer */
	bool on_hold;	      /* for that, or because enough results wait: its batch is paused */
};

DEFINE_CLEANUP(struct call *, call_free);

static bool is_full(const struct call *call) {
	return call->known_count - call->replied_count >= RESULTS_PER_REPLY ||
	       call->size >= SIZE_PER_REPLY;
}

static bool is_worth_it(const struct call *call) {
	return call->known_count == call->count || is_full(call);
}

static bool is_to_hold(const struct call *call) {
	return call->paused || (call->config.more && is_full(call));
}

/* Holds the call's questions back, or lets them go on. */
static void update_hold(struct call *call) {
	bool hold = is_to_hold(call);

	if (hold && !call->on_hold)
		schedule_pause(call->batch);
	else if (!hold && call->on_hold)
		schedule_resume(call->batch);
	call->on_hold = hold;
}

static struct reply_result result_of(const struct call *call, size_t index) {
	return (struct reply_result){call->request.paths.items[index], &call->verdicts[index]};
}

/* Whether it is certain already that the results do not fit into the one reply that there is. */
static bool is_too_large(const struct call *call) {
	return !call->config.more && call->size > DLTEST_REPLY_MAX;
}

/* Counts a verdict that has come in, and keeps none when nobody will see them: a hostile library's
 * takes some MiB. */
static void add_size(struct call *call, size_t index) {
	const struct reply_result result = result_of(call, index);

	call->sizes[index] = reply_result_size(&result, call->request.details);
	call->size += call->sizes[index];
	for (size_t i = 0; i < call->known_count && is_too_large(call); i++)
		verdict_fini(&call->verdicts[call->known[i]]);
}

/* Returns whether there is a reply to take that there was not before. */
static bool set_known(struct call *call, size_t index, struct verdict *verdict) {
	bool was_too_large = is_too_large(call);

	call->verdicts[index] = *verdict;
	call->known[call->known_count++] = index;
	add_size(call, index);
	return !was_too_large &&
	       (call->config.more || call->known_count == call->count || is_too_large(call));
}

static bool call_on_verdict(void *context, size_t index, struct verdict *verdict) {
	struct call *call = context;

	if (set_known(call, index, verdict))
		call->config.on_reply(call->config.context, !is_worth_it(call));
	call->on_hold = is_to_hold(call);
	return !call->on_hold;
}

/* Why 'path' need not be looked at at all; NULL if there is no reason. */
static const char *complaint_about(const char *path) {
	if (!path[0])
		return "the path is empty";
	if (path[0] != '/')
		return "the path is not absolute";
	if (strlen(path) >= DLTEST_PATH_MAX)
		return "the path is longer than the system takes";
	return NULL;
}

/* Asks about path 'index', or answers it at once. */
static int ask(struct call *call, size_t index) {
	const char *complaint = complaint_about(call->request.paths.items[index]);
	struct verdict verdict;

	if (!complaint) {
		schedule_ask(call->batch, index);
		return 0;
	}
	int r = verdict_make(DLTEST_REASON_INVALID_PATH, complaint, &verdict);
	if (r == 0)
		set_known(call, index, &verdict);
	return r;
}

static int call_new(
	const struct call_config *config, struct request *request, struct call **ret_call) {
	struct call *call = calloc(1, sizeof(*call));
	size_t count = request->paths.count;

	if (!call)
		return -ENOMEM;
	call->config = *config;
	call->request = *request;
	*request = (struct request){0};
	call->count = count;
	/* calloc(0) may give NULL. */
	call->verdicts = calloc(count + 1, sizeof(*call->verdicts));
	call->known = calloc(count + 1, sizeof(*call->known));
	*ret_call = call;
	call->sizes = calloc(count + 1, sizeof(*call->sizes));
	return call->verdicts && call->known && call->sizes ? 0 : -ENOMEM;
}

int call_start(const struct call_config *config, struct request *request, struct call **ret_call) {
	CLEANUP(call_free_p) struct call *call = NULL;

	int r = call_new(config, request, &call);
	request_fini(request);
	if (r < 0)
		return r;
	r = schedule_open(config->schedule, &call->request, call_on_verdict, call, &call->batch);
	for (size_t i = 0; i < call->count && r == 0; i++)
		r = ask(call, i);
	if (r)
		return r;
	update_hold(call);
	if (call->known_count > 0 || call->count == 0)
		config->on_reply(config->context, !is_worth_it(call));
	*ret_call = steal_ptr(&call);
	return 0;
}

struct call *call_free(struct call *call) {
	if (!call)
		return NULL;
	schedule_close(call->batch);
	for (size_t i = 0; i < call->known_count; i++)
		verdict_fini(&call->verdicts[call->known[i]]);
	free(call->verdicts);
	free(call->known);
	free(call->sizes);
	request_fini(&call->request);
	free(call);
	return NULL;
}

static const struct sandbox *details_of(const struct call *call) {
	return call->request.details ? call->config.sandbox : NULL;
}

static char *make_partial(struct call *call, bool *ret_final) {
	struct reply_result results[RESULTS_PER_REPLY] = {0};
	size_t count = 0, size = 0;

	while (count < RESULTS_PER_REPLY && call->replied_count + count < call->known_count &&
		size < SIZE_PER_REPLY) {
		size_t index = call->known[call->replied_count + count];

		call->size -= call->sizes[index];
		results[count] = result_of(call, index);
		if (call->sizes[index] > RESULT_MAX &&
			reply_fit(&call->verdicts[index], &results[count], call->request.details,
				RESULT_MAX, &call->sizes[index]) < 0)
			return NULL;
		size += call->sizes[index];
		count++;
	}
	*ret_final = call->replied_count + count == call->count;
	char *text = reply_results(results, count, details_of(call), !*ret_final);
	for (size_t i = 0; i < count && text; i++)
		verdict_fini(&call->verdicts[call->known[call->replied_count++]]);
	return text;
}

static char *make_whole(struct call *call) {
	cleanup_free struct reply_result *results = NULL;
	char *text = NULL;

	if (!is_too_large(call)) {
		results = calloc(call->count + 1, sizeof(*results));
		if (!results)
			return NULL;
		for (size_t i = 0; i < call->count; i++)
			results[i] = result_of(call, i);
		text = reply_results(results, call->count, details_of(call), false);
		if (!text || strlen(text) <= DLTEST_REPLY_MAX)
			return text;
	}
	free(text);
	return varlink_error_text(DLTEST_ERROR_TOO_LARGE, "message",
		"the results do not fit into one reply; call with 'more'");
}

int call_take_reply(struct call *call, bool all, char **ret_text, bool *ret_final) {
	bool complete = call->known_count == call->count;

	*ret_text = NULL;
	*ret_final = false;
	if (call->config.more) {
		if (!complete && call->replied_count == call->known_count)
			return 0;
		if (!all && !is_worth_it(call)) {
			call->config.on_reply(call->config.context, true);
			return 0;
		}
		*ret_text = make_partial(call, ret_final);
		update_hold(call);
	} else {
		if (!complete && !is_too_large(call))
			return 0;
		*ret_text = make_whole(call);
		*ret_final = true;
	}
	return *ret_text ? 0 : -ENOMEM;
}

void call_pause(struct call *call, bool pause) {
	call->paused = pause;
	update_hold(call);
}
