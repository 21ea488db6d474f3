/* SPDX-License-Identifier: MIT */
#include "dispatch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <dltest/protocol.h>

#include "call.h"
#include "clock.h"
#include "peercred.h"
#include "reply.h"
#include "request.h"
#include "sandbox.h"
#include "schedule.h"
#include "varlink.h"

/* Made from the interface files (include/CMakeLists.txt). */
extern const char interface_dltest[];
extern const char interface_service[];

struct context {
	struct dispatch *dispatch;
	const struct varlink_call *call;
	const struct dispatch_async *async;
	char **ret_reply;
	struct call **ret_call;
};

static int answer(struct context *context, char *reply) {
	*context->ret_reply = reply;
	return reply ? 0 : -ENOMEM;
}

static int answer_error(
	struct context *context, const char *error, const char *name, const char *value) {
	return answer(context, varlink_error_text(error, name, value));
}

static int answer_invalid(struct context *context, const char *parameter) {
	return answer_error(
		context, DLTEST_VARLINK_SERVICE ".InvalidParameter", "parameter", parameter);
}

/* 0 when there are no parameters; otherwise the call has been answered, or -errno. */
static int refuse_parameters(struct context *context, bool *ret_refused) {
	const char *parameter;

	*ret_refused = request_parse_nothing(context->call, &parameter) != 0;
	return *ret_refused ? answer_invalid(context, parameter) : 0;
}

static int get_info(struct context *context) {
	bool refused;
	int r = refuse_parameters(context, &refused);

	return refused ? r : answer(context, reply_info(DLTEST_VERSION));
}

static int get_interface_description(struct context *context) {
	const char *interface, *parameter;

	int r = request_parse_interface(context->call, &interface, &parameter);
	if (r == REQUEST_E_INVALID)
		return answer_invalid(context, parameter);
	if (strcmp(interface, DLTEST_INTERFACE) == 0)
		return answer(context, reply_description(interface_dltest));
	if (strcmp(interface, DLTEST_VARLINK_SERVICE) == 0)
		return answer(context, reply_description(interface_service));
	return answer_error(
		context, DLTEST_VARLINK_SERVICE ".InterfaceNotFound", "interface", interface);
}

static int verify(struct context *context) {
	struct dispatch *dispatch = context->dispatch;
	struct request request;
	const char *parameter;

	if (dispatch->draining)
		return answer_error(context, DLTEST_ERROR_SHUTTING, "message",
			"the service is about to exit; connect again");
	if (dispatch->calls >= DLTEST_CALLS_MAX)
		return answer_error(context, DLTEST_ERROR_BUSY, "message",
			"too many calls are being answered; try again");
	if (peercred_sees_other_files(context->async->fd))
		return answer_error(context, DLTEST_ERROR_ELSEWHERE, "message",
			"under the same paths the caller sees other files than this service");
	if (!sandbox_may_load(dispatch->sandbox))
		return answer_error(context, DLTEST_ERROR_NO_SANDBOX, "message",
			"this kernel or container gives no system call filters, so nothing is "
			"loaded; see Status, and --allow-unconfined of tsuku-dltestd");
	int r = request_parse_verify(context->call, &request, &parameter);
	if (r == REQUEST_E_INVALID)
		return answer_invalid(context, parameter);
	if (r < 0)
		return r;
	struct call_config config = {
		.schedule = dispatch->schedule,
		.sandbox = dispatch->sandbox,
		.more = varlink_call_wants_more(context->call),
		.on_reply = context->async->on_reply,
		.context = context->async->context,
	};
	r = call_start(&config, &request, context->ret_call);
	return r == SCHEDULE_E_TOO_MANY ? answer_invalid(context, "roots") : r;
}

static int status(struct context *context) {
	const struct dispatch *dispatch = context->dispatch;
	struct schedule_figures figures;
	bool refused;

	int r = refuse_parameters(context, &refused);
	if (refused)
		return r;
	schedule_get_figures(dispatch->schedule, &figures);
	struct reply_status answer_status = {
		.version = DLTEST_VERSION,
		.pid = (int)getpid(),
		.uptime_ms = clock_now_ms() - dispatch->start_ms,
		.socket = dispatch->socket,
		.done = figures.done,
		.running = figures.running,
		.waiting = figures.waiting,
		.parallel = figures.parallel,
		.calls = dispatch->calls,
		.clients = dispatch->clients,
		.zygotes = figures.zygotes,
		.remembered = figures.remembered,
		.sandbox = dispatch->sandbox,
	};
	return answer(context, reply_status(&answer_status));
}

static int stop(struct context *context) {
	bool refused;
	int r = refuse_parameters(context, &refused);

	if (refused)
		return r;
	context->dispatch->on_stop(context->dispatch->context);
	return answer(context, varlink_reply(NULL, false));
}

static int not_found(struct context *context, const char *method) {
	static const char *const interfaces[] = {DLTEST_INTERFACE, DLTEST_VARLINK_SERVICE};
	const char *dot = strrchr(method, '.');
	size_t length = dot ? (size_t)(dot - method) : 0;
	char interface[256];

	for (size_t i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++) {
		if (strlen(interfaces[i]) == length && memcmp(interfaces[i], method, length) == 0)
			return answer_error(context, DLTEST_VARLINK_SERVICE ".MethodNotFound",
				"method", method);
	}
	if (length >= sizeof(interface))
		length = 0;
	memcpy(interface, method, length);
	interface[length] = '\0';
	return answer_error(
		context, DLTEST_VARLINK_SERVICE ".InterfaceNotFound", "interface", interface);
}

int dispatch_run(struct dispatch *dispatch, const struct varlink_call *call,
	const struct dispatch_async *async, char **ret_reply, struct call **ret_call) {
	static const struct {
		const char *name;
		int (*run)(struct context *context);
	} methods[] = {
		{DLTEST_METHOD_VERIFY, verify},
		{DLTEST_METHOD_STATUS, status},
		{DLTEST_METHOD_STOP, stop},
		{DLTEST_VARLINK_SERVICE ".GetInfo", get_info},
		{DLTEST_VARLINK_SERVICE ".GetInterfaceDescription", get_interface_description},
	};
	struct context context = {dispatch, call, async, ret_reply, ret_call};
	const char *method = varlink_call_method(call);

	*ret_reply = NULL;
	*ret_call = NULL;
	dispatch->active_ms = clock_now_ms();
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, method) != 0)
			continue;
		/* The connection stays what it is; no method turns it into something else. */
		if (varlink_call_wants_upgrade(call))
			return answer_invalid(&context, "upgrade");
		return methods[i].run(&context);
	}
	return not_found(&context, method);
}
