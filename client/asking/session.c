/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "answers.h"
#include "connection.h"
#include "jsonscan.h"
#include "jsontext.h"
#include "patience.h"
#include "request.h"

/* Bytes of paths in one call; the escapes of a call are bounded by what is left to the limit. */
#define CALL_BYTES (DLTEST_REQUEST_MAX / 8)
/* One that has said nothing at all is asked sooner: stopped, or never started by who holds its
 * socket, it would cost tsuku's patience (5 s) and all answers. */
#define FIRST_WORD_MS 1000

DEFINE_CLEANUP(struct jsonscan *, jsonscan_free);

/* Writes a call for paths without an answer from *index on, which moves behind the last one that
 * fits. Returns false when there is none. */
static bool put_call(struct jsontext *text, const struct answers *answers, size_t *index,
	const char *parameters) {
	size_t count = 0, bytes = 0;

	jsontext_puts(text, "{\"method\":\"" DLTEST_METHOD_VERIFY "\",\"more\":true,"
			    "\"parameters\":{\"paths\":[");
	for (; *index < answers_count(answers) && count < DLTEST_PATHS_MAX && bytes < CALL_BYTES;
		(*index)++) {
		if (!answers_is_open(answers, *index))
			continue;
		if (count++ > 0)
			jsontext_put(text, ",", 1);
		jsontext_string(text, answers_path(answers, *index));
		bytes += strlen(answers_path(answers, *index)) + 3;
	}
	jsontext_puts(text, "]");
	jsontext_puts(text, parameters);
	jsontext_puts(text, "}}");
	return count > 0;
}

/* Gives up on everything a call asked about, because the daemon refuses it for good. */
static void refuse(struct answers *answers, const struct jsonscan *scan, size_t error) {
	size_t parameters = jsonscan_member(scan, jsonscan_root(scan), "parameters");
	size_t message = parameters ? jsonscan_member(scan, parameters, "message") : 0;
	size_t about = parameters ? jsonscan_member(scan, parameters, "parameter") : 0;
	cleanup_free char *name = jsonscan_string(scan, error);
	cleanup_free char *words = message ? jsonscan_string(scan, message) : NULL;
	cleanup_free char *which = about ? jsonscan_string(scan, about) : NULL;
	char why[512];

	snprintf(why, sizeof(why), "the daemon refuses: %s%s%s",
		words  ? words
		: name ? name
		       : "out of memory",
		which ? ": " : "", which ? which : "");
	for (size_t i = 0; i < answers_count(answers); i++) {
		if (answers_is_open(answers, i))
			answers_give_up(answers, i, why);
	}
}

static bool is_error(const struct jsonscan *scan, size_t error, const char *name) {
	struct jsonscan_slice slice = jsonscan_slice(scan, error);

	return slice.length == strlen(name) + 2 &&
	       memcmp(slice.at + 1, name, slice.length - 2) == 0;
}

/* A shared daemon may be of another version, and not know all that is asked for. */
static bool is_for_another(
	const struct session_probe *probe, const struct jsonscan *scan, size_t error) {
	return is_error(scan, error, DLTEST_ERROR_ELSEWHERE) ||
	       is_error(scan, error, DLTEST_ERROR_STANDING) ||
	       (probe->is_alive &&
		       is_error(scan, error, DLTEST_VARLINK_SERVICE ".InvalidParameter"));
}

static enum session_outcome take_error(struct answers *answers, const struct session_probe *probe,
	const struct jsonscan *scan, size_t error) {
	if (is_error(scan, error, DLTEST_ERROR_BUSY))
		return SESSION_BUSY;
	if (is_error(scan, error, DLTEST_ERROR_SHUTTING))
		return SESSION_ENDING;
	if (is_for_another(probe, scan, error))
		return SESSION_ELSEWHERE;
	refuse(answers, scan, error);
	return SESSION_DONE;
}

/* Takes one reply in. *ret_more tells that the call goes on. */
static enum session_outcome take_reply(struct answers *answers, const struct session_probe *probe,
	const struct jsonscan *scan, bool *ret_more) {
	size_t root = jsonscan_root(scan);

	*ret_more = false;
	size_t error = jsonscan_member(scan, root, "error");
	if (error)
		return take_error(answers, probe, scan, error);
	size_t parameters = jsonscan_member(scan, root, "parameters");
	size_t results = parameters ? jsonscan_member(scan, parameters, "results") : 0;
	size_t count = jsonscan_count(scan, results);
	size_t result = jsonscan_first(scan, results);
	for (size_t i = 0; i < count; i++, result = jsonscan_next(scan, result)) {
		int r = answers_take(answers, scan, result);
		if (r == -ECANCELED)
			return SESSION_ENOUGH;
		if (r < 0)
			return r == -ENOMEM ? SESSION_FAILED : SESSION_LOST;
	}
	*ret_more = jsonscan_is_true(scan, jsonscan_member(scan, root, "continues"));
	return SESSION_DONE;
}

/* As connection_receive(), for the first message of all. */
static int receive_first(struct connection *connection, const struct session_probe *probe,
	const char **ret_text, size_t *ret_length) {
	if (!probe->is_alive)
		return connection_receive(connection, DLTEST_SILENCE_MS, ret_text, ret_length);
	int r = connection_receive(connection, FIRST_WORD_MS, ret_text, ret_length);
	if (r != -ETIMEDOUT || !probe->is_alive(probe->context))
		return r;
	return connection_receive(
		connection, DLTEST_SILENCE_MS - FIRST_WORD_MS, ret_text, ret_length);
}

/* Whether there is more to come of a call. What a daemon says once all have their answers is not
 * waited for: there may be no end of it. */
static bool goes_on(const struct answers *answers, struct patience *patience, bool more) {
	patience_renew(patience, answers_count(answers) - answers_count_known(answers));
	return more && answers_count_open(answers) > 0;
}

static enum session_outcome run_call(struct connection *connection, struct answers *answers,
	const struct jsontext *call, const struct session_config *config) {
	const struct session_probe *probe = &config->probe;
	CLEANUP(jsonscan_free_p) struct jsonscan *scan = NULL;
	enum session_outcome outcome = SESSION_DONE;
	bool more = true, first = true;

	int r = connection_send(connection, call->bytes, call->length - 1, DLTEST_SILENCE_MS);
	while (r == 0 && outcome == SESSION_DONE && more) {
		const char *text;
		size_t length;

		r = first ? receive_first(connection, probe, &text, &length)
			  : connection_receive(connection, DLTEST_SILENCE_MS, &text, &length);
		first = false;
		if (r == 0)
			r = jsonscan_read(text, length, &scan);
		if (r == 0)
			outcome = take_reply(answers, probe, scan, &more);
		more = goes_on(answers, config->patience, more);
	}
	return r == -ENOMEM	 ? SESSION_FAILED
	       : r == -ETIMEDOUT ? SESSION_SILENT
	       : r < 0		 ? SESSION_LOST
				 : outcome;
}

/* What is left for answers, as the daemon is told. */
static unsigned within_ms(const struct deadline *deadline) {
	unsigned left = deadline_left_ms(deadline, DLTEST_WITHIN_MAX_MS);

	return deadline->at_ms == 0 ? 0 : left > 0 ? left : DLTEST_WITHIN_MIN_MS;
}

enum session_outcome session_run(struct connection *connection, struct answers *answers,
	const struct session_config *config) {
	enum session_outcome outcome = SESSION_DONE;
	size_t index = 0;

	while (outcome == SESSION_DONE && answers_count_open(answers) > 0) {
		cleanup_jsontext struct jsontext parameters = {0}, call = {0};

		request_put(config->request, within_ms(&config->deadline), &parameters);
		jsontext_put(&parameters, "", 1);
		if (parameters.failed)
			return SESSION_FAILED;
		if (!put_call(&call, answers, &index, parameters.bytes))
			break;
		jsontext_put(&call, "", 1);
		if (call.failed)
			return SESSION_FAILED;
		outcome = run_call(connection, answers, &call, config);
	}
	/* A daemon that ended a call without answering all of it is not to be trusted with more. */
	if (outcome == SESSION_DONE && answers_count_open(answers) > 0)
		return SESSION_LOST;
	return outcome;
}
