/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "confine.h"
#include "interpreter.h"
#include "tracetext.h"
#include "zygote.h"

/* Read before the rest of the loop has its turn, and in all: the trace of a library with 300
 * objects has half a MiB. */
#define BATCH_SIZE (64 * 1024)
#define SIZE_MAX_  (32 * 1024 * 1024)

struct trace {
	struct zygote_config config;
	struct zygote *zygote;
	int output;
	struct event *readable;
	struct event *timer;
	struct tracetext text;
	size_t size;
	bool over; /* its time, or its size */
	trace_done_fn done;
	void *context;
};

DEFINE_CLEANUP(struct trace *, trace_free);

static ssize_t read_some(struct trace *trace) {
	static char buffer[BATCH_SIZE];

	ssize_t length = read(trace->output, buffer, sizeof(buffer));
	if (length <= 0)
		return length;
	trace->size += (size_t)length;
	if (trace->size > SIZE_MAX_) {
		trace->over = true;
		trace->text.error = -E2BIG;
	} else {
		tracetext_add(&trace->text, buffer, (size_t)length);
	}
	return length;
}

static void trace_on_readable(evutil_socket_t fd, short what, void *argument) {
	struct trace *trace = argument;

	(void)fd, (void)what;
	if (read_some(trace) == 0)
		event_del(trace->readable);
	if (trace->over)
		zygote_end(trace->zygote);
}

static void trace_on_timer(evutil_socket_t fd, short what, void *argument) {
	struct trace *trace = argument;

	(void)fd, (void)what;
	trace->over = true;
	zygote_end(trace->zygote);
}

/* Of the things that a zygote tells of, a trace has only its end, which comes by trace_on_exit().
 */
static void trace_on_broken(void *context, struct zygote *zygote) {
	(void)context, (void)zygote;
}

static void trace_on_batch(void *context) {
	(void)context;
}

static int make_events(struct trace *trace, struct event_base *base, uint32_t timeout_ms) {
	const struct timeval delay = {
		.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};

	trace->readable =
		event_new(base, trace->output, EV_READ | EV_PERSIST, trace_on_readable, trace);
	trace->timer = evtimer_new(base, trace_on_timer, trace);
	if (!trace->readable || !trace->timer || event_add(trace->readable, NULL) < 0 ||
		event_add(trace->timer, &delay) < 0)
		return -ENOMEM;
	return 0;
}

int trace_start(const struct trace_config *config, const struct loadenv *env, const char *path,
	const struct strv *preload, bool lazy, uint32_t timeout_ms, trace_done_fn done,
	void *context, struct trace **ret_trace) {
	struct confine_trace plan = {
		.interpreter = interpreter_path(), .path = path, .preload = preload, .lazy = lazy};
	int output[2];

	if (!plan.interpreter)
		return -ENOSYS;
	CLEANUP(trace_free_p) struct trace *trace = calloc(1, sizeof(*trace));
	if (!trace)
		return -ENOMEM;
	trace->output = -1;
	trace->done = done;
	trace->context = context;
	trace->config = (struct zygote_config){
		.base = config->base,
		.sandbox = config->sandbox,
		.loader = config->loader,
		.context = trace,
		.on_broken = trace_on_broken,
		.on_batch = trace_on_batch,
	};
	if (pipe2(output, O_CLOEXEC) < 0)
		return -errno;
	trace->output = output[0];
	cleanup_fd int theirs = output[1];
	plan.output = theirs;
	fcntl(trace->output, F_SETFL, O_NONBLOCK);
	int r = make_events(trace, config->base, timeout_ms);
	if (r == 0)
		r = zygote_trace(&trace->config, env, &plan, &trace->zygote);
	if (r < 0)
		return r;
	*ret_trace = steal_ptr(&trace);
	return 0;
}

struct trace *trace_free(struct trace *trace) {
	if (!trace)
		return NULL;
	zygote_free(trace->zygote);
	if (trace->readable)
		event_free(trace->readable);
	if (trace->timer)
		event_free(trace->timer);
	fd_close(trace->output);
	tracetext_fini(&trace->text);
	free(trace);
	return NULL;
}

pid_t trace_pid(const struct trace *trace) {
	return zygote_pid(trace->zygote);
}

void trace_on_exit(struct trace *trace, int wait_status) {
	zygote_on_exit(trace->zygote, wait_status);
	/* What it wrote before it ended. */
	while (!trace->over && read_some(trace) > 0)
		continue;
	tracetext_end(&trace->text);
	/* The dynamic linker ends with 0 whatever is missing, and can crash like anybody else. */
	if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
		trace->text.failed = true;
	/* Much that is missing is told of as far as it goes. */
	bool usable = (!trace->over || trace->text.error == -E2BIG) &&
		      trace->text.error != -ENOMEM && zygote_failed_step(trace->zygote) < 0;
	trace->done(trace->context, usable ? &trace->text : NULL);
	trace_free(trace);
}
