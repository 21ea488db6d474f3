/* SPDX-License-Identifier: MIT */
#include "call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "clock.h"
#include "reply.h"
#include "request.h"
#include "schedule.h"
#include "varlink.h"
#include "verdict.h"

/* Results in one reply of many. With fewer it can wait a moment for others: each reply wakes the
 * client up. With so many the call's questions wait until it is made: of what is remembered any
 * number would be known at once, and takes ten times as much then as it did. */
#define RESULTS_PER_REPLY 32
/* Bytes of results, after which no further one is added. */
#define SIZE_PER_REPLY (1024 * 1024)
/* Bytes that one result may have: with those before it, it must fit into a reply. */
#define RESULT_MAX (DLTEST_REPLY_MAX - SIZE_PER_REPLY - 2 * REPLY_REST)

/* How much earlier than its time a client may go away for that. */
#define EARLY_MS 50

struct call {
	struct call_config config;
	struct request *request; /* in memory of its own, since it may outlive the call */
	uint64_t start_ms;
	struct batch *batch; /* NULL until its questions are asked */
	char **results;	     /* one a path, as text; NULL before it is known and after it is sent */
	size_t *known;	     /* indices of the results that have come in, in that order */
	size_t count;
	size_t known_count;
	size_t replied_count; /* of 'known' */
	size_t size;	      /* bytes of those results that no reply has had */
	bool out_of_memory;   /* true: a result is lost, and with it the call */
	bool paused;	      /* true: by the peer */
	bool on_hold; /* true: for that or because enough results wait, its batch is paused */
};

DEFINE_CLEANUP(struct call *, call_free);

static bool is_full(const struct call *call) {
	return call->known_count - call->replied_count >= RESULTS_PER_REPLY ||
	       call->size >= SIZE_PER_REPLY;
}

/* Whether it is certain already that the results do not fit into the one reply that there is. */
static bool is_too_large(const struct call *call) {
	return call->config.kind == CALL_WHOLE && call->size > DLTEST_REPLY_MAX;
}

enum call_ready call_get_ready(const struct call *call) {
	if (call->known_count == call->count || call->out_of_memory || is_too_large(call))
		return CALL_ENOUGH;
	if (call->config.kind == CALL_WHOLE || call->known_count == call->replied_count)
		return CALL_NOTHING;
	return is_full(call) ? CALL_ENOUGH : CALL_FEW;
}

/* Of results that do not fit nobody wants more. */
static bool is_to_hold(const struct call *call) {
	return call->paused || is_too_large(call) ||
	       (call->config.kind == CALL_MORE && is_full(call));
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

/* Lets go of all results when nobody will see them: a hostile library's takes some MiB. */
static void drop_results(struct call *call) {
	for (size_t i = 0; i < call->known_count; i++) {
		free(call->results[call->known[i]]);
		call->results[call->known[i]] = NULL;
	}
}

/* Takes 'verdict' over. */
static void set_known(struct call *call, size_t index, struct verdict *verdict) {
	const char *path = call->request->paths.items[index];
	const struct holding *details = call->request->details ? call->config.holding : NULL;
	size_t limit = call->config.kind == CALL_MORE ? RESULT_MAX : SIZE_MAX;
	char *text = NULL;

	call->known[call->known_count++] = index;
	if (!is_too_large(call)) {
		text = reply_result(path, verdict, details, limit);
		call->out_of_memory |= !text;
		call->size += text ? strlen(text) : 0;
		call->results[index] = text;
		if (is_too_large(call))
			drop_results(call);
	}
	verdict_fini(verdict);
}

static bool call_on_verdict(void *context, size_t index, struct verdict *verdict) {
	struct call *call = context;
	bool was_too_large = is_too_large(call);

	set_known(call, index, verdict);
	enum call_ready ready = call_get_ready(call);
	if (ready != CALL_NOTHING && !was_too_large)
		call->config.on_ready(call->config.context, ready);
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
	const char *complaint = complaint_about(call->request->paths.items[index]);
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

	if (!call)
		return -ENOMEM;
	*ret_call = call;
	call->config = *config;
	call->start_ms = clock_now_ms();
	call->request = malloc(sizeof(*call->request));
	if (!call->request)
		return -ENOMEM;
	*call->request = *request;
	*request = (struct request){0};
	call->count = call->request->paths.count;
	/* calloc(0) may give NULL. */
	call->results = calloc(call->count + 1, sizeof(*call->results));
	call->known = calloc(call->count + 1, sizeof(*call->known));
	return call->results && call->known ? 0 : -ENOMEM;
}

int call_start(const struct call_config *config, struct request *request, struct call **ret_call) {
	CLEANUP(call_free_p) struct call *call = NULL;

	int r = call_new(config, request, &call);
	request_fini(request);
	if (r < 0)
		return r;
	const struct schedule_asker asker = {call_on_verdict, call, config->account};
	r = schedule_open(config->schedule, call->request, &asker, &call->batch);
	for (size_t i = 0; i < call->count && r == 0; i++)
		r = ask(call, i);
	if (r)
		return r;
	update_hold(call);
	*ret_call = steal_ptr(&call);
	return 0;
}

/* Whether the client goes away because its time is over, and not because it was ended. It counts
 * from when it sent the call, which is not when that was read: on a busy machine some time lies
 * between. */
static bool has_had_its_time(const struct call *call) {
	uint64_t within_ms = call->request ? call->request->within_ms : 0;
	uint64_t early_ms = EARLY_MS + within_ms / 10;

	return call->batch && within_ms > 0 &&
	       clock_now_ms() - call->start_ms + early_ms >= within_ms;
}

struct call *call_free(struct call *call) {
	if (!call)
		return NULL;
	if (call->known_count < call->count && has_had_its_time(call))
		schedule_leave(call->batch, steal_ptr(&call->request));
	else
		schedule_close(call->batch);
	if (call->results && call->known)
		drop_results(call);
	free(call->results);
	free(call->known);
	request_free(call->request);
	free(call);
	return NULL;
}

/* The results that have come in since the last reply, or as many of them as one takes. */
static char *make_partial(struct call *call, bool *ret_final) {
	const char *results[RESULTS_PER_REPLY] = {0};
	size_t first = call->replied_count, count = 0, size = 0;

	while (count < RESULTS_PER_REPLY && first + count < call->known_count &&
		size < SIZE_PER_REPLY) {
		results[count] = call->results[call->known[first + count]];
		size += strlen(results[count++]);
	}
	*ret_final = first + count == call->count;
	char *text = reply_results(results, count, *ret_final ? REPLY_LAST : REPLY_CONTINUES);
	for (size_t i = first; i < first + count; i++) {
		free(call->results[call->known[i]]);
		call->results[call->known[i]] = NULL;
	}
	call->replied_count += count;
	call->size -= size;
	return text;
}

static char *make_whole(struct call *call) {
	char *text = NULL;

	if (!is_too_large(call)) {
		text = reply_results((const char *const *)call->results, call->count, REPLY_LAST);
		if (!text || strlen(text) <= DLTEST_REPLY_MAX)
			return text;
	}
	free(text);
	return varlink_error_text(DLTEST_ERROR_TOO_LARGE, "message",
		"the results do not fit into one reply; call with 'more'");
}

int call_take_reply(struct call *call, char **ret_text, bool *ret_final) {
	if (call->out_of_memory)
		return -ENOMEM;
	if (call->config.kind == CALL_MORE) {
		*ret_text = make_partial(call, ret_final);
		update_hold(call);
	} else {
		*ret_text = make_whole(call);
		*ret_final = true;
	}
	return *ret_text ? 0 : -ENOMEM;
}

int call_make_beat(const struct call *call, char **ret_text) {
	*ret_text = NULL;
	if (call->config.kind == CALL_WHOLE)
		return 0;
	*ret_text = reply_results(NULL, 0, REPLY_CONTINUES);
	return *ret_text ? 0 : -ENOMEM;
}

void call_pause(struct call *call) {
	call->paused = true;
	update_hold(call);
}

void call_resume(struct call *call) {
	call->paused = false;
	update_hold(call);
}
