/* SPDX-License-Identifier: MIT */
#include "method.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <dltest/protocol.h>

#include "activity.h"
#include "clock.h"
#include "holding.h"
#include "likeness.h"
#include "parameters.h"
#include "reply.h"
#include "schedule.h"
#include "varlink.h"

/* Made from the interface files (include/CMakeLists.txt). */
extern const char interface_dltest[];
extern const char interface_service[];

/* A message that is being carried out. */
struct run {
	const struct method_context *context;
	const struct varlink_message *message;
	const struct method_caller *caller;
	struct method_answer *answer;
};

static int answer(struct run *run, char *text) {
	run->answer->text = text;
	return text ? 0 : -ENOMEM;
}

static int answer_error(struct run *run, const char *error, const char *name, const char *value) {
	return answer(run, varlink_error_text(error, name, value));
}

static int answer_invalid(struct run *run, const char *parameter) {
	return answer_error(
		run, DLTEST_VARLINK_SERVICE ".InvalidParameter", "parameter", parameter);
}

/* Whether there are parameters, of which the method takes none; then *ret_r is what is to be
 * returned, the call being answered. */
static bool refuses_parameters(struct run *run, int *ret_r) {
	const char *parameter;

	if (parameters_read_none(run->message, &parameter) == 0)
		return false;
	*ret_r = answer_invalid(run, parameter);
	return true;
}

static int get_info(struct run *run) {
	int r;

	return refuses_parameters(run, &r) ? r : answer(run, reply_info(DLTEST_VERSION));
}

static int get_interface_description(struct run *run) {
	const char *interface, *parameter;

	int r = parameters_read_interface(run->message, &interface, &parameter);
	if (r == PARAMETERS_E_INVALID)
		return answer_invalid(run, parameter);
	if (strcmp(interface, DLTEST_INTERFACE) == 0)
		return answer(run, reply_description(interface_dltest));
	if (strcmp(interface, DLTEST_VARLINK_SERVICE) == 0)
		return answer(run, reply_description(interface_service));
	return answer_error(
		run, DLTEST_VARLINK_SERVICE ".InterfaceNotFound", "interface", interface);
}

/* What is said to a caller that is not alike; NULL if it is. */
static const char *unlikeness(enum likeness_outcome outcome, const char **ret_why) {
	switch (outcome) {
	case LIKENESS_SAME:
		return NULL;
	case LIKENESS_ELSEWHERE:
		*ret_why = "the caller has other namespaces or another root directory than this "
			   "service";
		return DLTEST_ERROR_ELSEWHERE;
	case LIKENESS_OTHER:
		*ret_why = "the caller has other limits, rights or restrictions than this service, "
			   "by which libraries may load or not";
		return DLTEST_ERROR_STANDING;
	}
	return NULL;
}

static enum likeness_outcome likeness_of(const struct run *run) {
	const struct likeness *likeness = run->context->likeness;

	return run->context->private ? likeness_compare_places(likeness, run->caller->fd)
				     : likeness_compare(likeness, run->caller->fd);
}

/* Why nothing is loaded now for 'caller': the error, with its words in *ret_why; NULL if there is
 * no reason. */
static const char *refusal(const struct run *run, const char **ret_why) {
	const struct activity *activity = run->context->activity;

	if (activity->draining) {
		*ret_why = "the service is about to exit; connect again";
		return DLTEST_ERROR_SHUTTING;
	}
	if (activity->calls >= DLTEST_CALLS_MAX) {
		*ret_why = "too many calls are being answered; try again";
		return DLTEST_ERROR_BUSY;
	}
	const char *error = unlikeness(likeness_of(run), ret_why);
	if (error)
		return error;
	if (!schedule_holding(run->context->schedule)->may_load) {
		*ret_why = "this kernel or container gives no system call filters, so nothing is "
			   "loaded; see Status, and --allow-unconfined of tsuku-dltestd";
		return DLTEST_ERROR_NO_SANDBOX;
	}
	return NULL;
}

static int verify(struct run *run) {
	struct schedule *schedule = run->context->schedule;
	const char *parameter, *why;
	struct request request;

	const char *error = refusal(run, &why);
	if (error)
		return answer_error(run, error, "message", why);
	int r = parameters_read_verify(run->message, &request, &parameter);
	if (r == PARAMETERS_E_INVALID)
		return answer_invalid(run, parameter);
	if (r < 0)
		return r;
	error = run->context->private ? NULL
				      : unlikeness(likeness_compare_words(run->context->likeness,
							   &request.standing),
						&why);
	if (error) {
		request_fini(&request);
		return answer_error(run, error, "message", why);
	}
	const struct call_config config = {
		.schedule = schedule,
		.holding = schedule_holding(schedule),
		.kind = varlink_message_wants_more(run->message) ? CALL_MORE : CALL_WHOLE,
		.account = run->caller->account,
		.on_ready = run->caller->on_ready,
		.context = run->caller->context,
	};
	r = call_start(&config, &request, &run->answer->call);
	if (r == SCHEDULE_E_NO_LIBC)
		return answer_error(run, DLTEST_ERROR_NO_LIBC, "message",
			"this machine does not have the C library that is insisted on, or there is "
			"no loader for it here");
	return r == SCHEDULE_E_TOO_MANY ? answer_invalid(run, "roots") : r;
}

static int status(struct run *run) {
	const struct method_context *context = run->context;
	struct schedule_figures figures;
	int r;

	if (refuses_parameters(run, &r))
		return r;
	schedule_get_figures(context->schedule, &figures);
	const struct reply_status status = {
		.version = DLTEST_VERSION,
		.pid = (int)getpid(),
		.uptime_ms = clock_now_ms() - context->start_ms,
		.socket = context->socket,
		.done = figures.done,
		.running = figures.running,
		.waiting = figures.waiting,
		.parallel = figures.parallel,
		.calls = context->activity->calls,
		.clients = context->activity->clients,
		.zygotes = figures.zygotes,
		.remembered = figures.remembered,
		.holding = schedule_holding(context->schedule),
	};
	return answer(run, reply_status(&status));
}

static int stop(struct run *run) {
	int r;

	if (refuses_parameters(run, &r))
		return r;
	run->answer->stops = true;
	return answer(run, varlink_reply(NULL));
}

static int not_found(struct run *run, const char *method) {
	static const char *const interfaces[] = {DLTEST_INTERFACE, DLTEST_VARLINK_SERVICE};
	const char *dot = strrchr(method, '.');
	size_t length = dot ? (size_t)(dot - method) : 0;
	char interface[256];

	for (size_t i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++) {
		if (strlen(interfaces[i]) == length && memcmp(interfaces[i], method, length) == 0)
			return answer_error(
				run, DLTEST_VARLINK_SERVICE ".MethodNotFound", "method", method);
	}
	if (length >= sizeof(interface))
		length = 0;
	memcpy(interface, method, length);
	interface[length] = '\0';
	return answer_error(
		run, DLTEST_VARLINK_SERVICE ".InterfaceNotFound", "interface", interface);
}

int method_run(const struct method_context *context, const struct varlink_message *message,
	const struct method_caller *caller, struct method_answer *ret_answer) {
	static const struct {
		const char *name;
		int (*run)(struct run *run);
	} methods[] = {
		{DLTEST_METHOD_VERIFY, verify},
		{DLTEST_METHOD_STATUS, status},
		{DLTEST_METHOD_STOP, stop},
		{DLTEST_VARLINK_SERVICE ".GetInfo", get_info},
		{DLTEST_VARLINK_SERVICE ".GetInterfaceDescription", get_interface_description},
	};
	struct run run = {context, message, caller, ret_answer};
	const char *name = varlink_message_method(message);

	*ret_answer = (struct method_answer){0};
	context->activity->active_ms = clock_now_ms();
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, name) != 0)
			continue;
		/* The connection stays what it is; no method turns it into something else. */
		if (varlink_message_wants_upgrade(message))
			return answer_invalid(&run, "upgrade");
		return methods[i].run(&run);
	}
	return not_found(&run, name);
}
