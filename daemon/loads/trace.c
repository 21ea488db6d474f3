/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader_abi.h"
#include "tracetext.h"

/* Read before the rest of the loop has its turn, and in all: the trace of a library with 300
 * objects has half a MiB. */
#define BATCH_SIZE (64 * 1024)
#define SIZE_LIMIT (32 * 1024 * 1024)
/* The dynamic linker writes line by line, and each would wake the daemon up. So what it writes
 * stays in the pipe for a while: most traces have ended before, and few fill it. */
#define TICK_US	  5000
#define PIPE_SIZE (256 * 1024)

struct trace {
	int output;
	struct event *tick;
	struct tracetext text;
	size_t size;
};

/* Beyond the limit it is read all the same, so that its process comes to its end. */
static ssize_t read_some(struct trace *trace) {
	static char buffer[BATCH_SIZE];

	ssize_t length = read(trace->output, buffer, sizeof(buffer));
	if (length < 0 && errno != EAGAIN && errno != EINTR)
		trace->text.error = -errno;
	if (length <= 0)
		return length;
	trace->size += (size_t)length;
	if (trace->size > SIZE_LIMIT)
		trace->text.error = -E2BIG;
	else
		tracetext_add(&trace->text, buffer, (size_t)length);
	return length;
}

static int start_tick(struct trace *trace, suseconds_t us) {
	const struct timeval after = {.tv_usec = us};

	return event_add(trace->tick, &after);
}

static void trace_on_tick(evutil_socket_t fd, short what, void *argument) {
	struct trace *trace = argument;

	(void)fd, (void)what;
	ssize_t length = read_some(trace);
	/* It must not wait with a full pipe; but others have their turn. */
	if (length != 0)
		start_tick(trace, length == BATCH_SIZE ? 0 : TICK_US);
}

/* A larger pipe is no more than a convenience, which a user with many of them does not get
 * (pipe(7), /proc/sys/fs/pipe-user-pages-soft). */
static int prepare_pipe(int output) {
	if (fcntl(output, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
#ifdef F_SETPIPE_SZ
	fcntl(output, F_SETPIPE_SZ, PIPE_SIZE);
#endif
	return 0;
}

int trace_new(struct event_base *base, int output, struct trace **ret_trace) {
	struct trace *trace = calloc(1, sizeof(*trace));

	if (!trace)
		return -ENOMEM;
	trace->output = output;
	int r = prepare_pipe(output);
	if (r < 0) {
		trace_free(trace);
		return r;
	}
	trace->tick = event_new(base, -1, 0, trace_on_tick, trace);
	if (!trace->tick || start_tick(trace, TICK_US) < 0) {
		trace_free(trace);
		return -ENOMEM;
	}
	*ret_trace = trace;
	return 0;
}

struct trace *trace_free(struct trace *trace) {
	if (!trace)
		return NULL;
	if (trace->tick)
		event_free(trace->tick);
	tracetext_fini(&trace->text);
	free(trace);
	return NULL;
}

/* Whether the child ended without having executed the dynamic linker. */
static bool is_end_before(int wait_status) {
	static const int own[] = {
		LOADER_EXIT_EXECUTE, LOADER_EXIT_NO_JOB, LOADER_EXIT_CONFINE, LOADER_EXIT_NO_ROOM};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && WIFEXITED(wait_status); i++) {
		if (WEXITSTATUS(wait_status) == own[i])
			return true;
	}
	return false;
}

const struct tracetext *trace_end(struct trace *trace, int wait_status) {
	bool executed = !is_end_before(wait_status);
	ssize_t length;

	while ((length = read_some(trace)) > 0 || (length < 0 && errno == EINTR))
		continue;
	tracetext_end(&trace->text);
	/* The dynamic linker ends with 0 whatever is missing, and can crash like anybody else. */
	if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
		trace->text.failed = true;
	/* Much that is missing is told of as far as it goes. One that was killed, its time was
	 * over. */
	if (!executed || (trace->text.error < 0 && trace->text.error != -E2BIG) ||
		(WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL))
		return NULL;
	return &trace->text;
}
