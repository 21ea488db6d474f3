/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "clock.h"
#include "interpreter.h"
#include "job.h"
#include "loader/loader_abi.h"
#include "request.h"
#include "trace.h"
#include "verdict.h"

/* Two reports at most, those that say what the next is about, and a little, so that more shows as
 * too much. */
#define CHANNEL_MAX \
	(2 * (sizeof(struct loader_report) + LOADER_TEXT_MAX) + LOADER_FACTS_MAX + \
		(LOADER_PRELOAD_MAX + 1) * sizeof(struct loader_report) + 64)
/* The kernel's pipe buffer; what a library prints beyond it is refused to it. */
#define PRINTED_MAX 65536

DEFINE_CLEANUP(struct load *, load_free);

static int open_output(
	struct load *load, struct event_base *base, enum load_kind kind, int *ret_output) {
	int output[2];

	if (kind == LOAD_PLAIN)
		return 0;
	/* Non-blocking at both ends: a library that prints more than the pipe holds must not stop
	 * for a reader who looks only when it has ended. The dynamic linker has to wait. */
	if (pipe2(output, O_CLOEXEC | (kind == LOAD_TRACING ? 0 : O_NONBLOCK)) < 0)
		return -errno;
	load->output = output[0];
	*ret_output = output[1];
	return kind == LOAD_TRACING ? trace_new(base, load->output, &load->trace) : 0;
}

int load_new(struct event_base *base, enum load_kind kind, struct load **ret_load, int *ret_channel,
	int *ret_output) {
	CLEANUP(load_free_p) struct load *load = calloc(1, sizeof(*load));
	cleanup_fd int output = -1;
	int channel[2];

	if (!load)
		return -ENOMEM;
	load->channel = load->output = load->cpu = load->home = -1;
	int r = open_output(load, base, kind, &output);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0)
		return -errno;
	load->channel = channel[0];
	*ret_channel = channel[1];
	*ret_output = steal_fd(&output);
	*ret_load = steal_ptr(&load);
	return 0;
}

void load_learn_pid(struct load *load) {
	struct loader_hello hello;

	if (load->pid > 0)
		return;
	ssize_t length = recv(load->channel, &hello, sizeof(hello), MSG_DONTWAIT | MSG_PEEK);
	if (length < 0 && errno == ECONNRESET)
		load->untaken = true; /* it is said once */
	if (length != sizeof(hello) || hello.magic != LOADER_MAGIC_HELLO || hello.pid <= 1)
		return;
	/* Out of the way of the reports. */
	if (recv(load->channel, &hello, sizeof(hello), MSG_DONTWAIT) == sizeof(hello))
		load->pid = hello.pid;
}

void load_dismiss(struct load *load) {
	/* It waits for a job, or for the rest of one, and reads the end of the stream. */
	shutdown(load->channel, SHUT_WR);
	load->dismissed = true;
}

/* That a socket was closed with something unread in it shows at its other end (unix_release_sock()
 * in the kernel). Nothing is sent after the job, so that no library can make it look so. */
bool load_took_job(struct load *load) {
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(load->channel, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
		error == ECONNRESET)
		load->untaken = true;
	return !load->untaken;
}

struct load *load_free(struct load *load) {
	if (!load)
		return NULL;
	if (load->timer)
		event_free(load->timer);
	trace_free(load->trace);
	fd_close(load->channel);
	fd_close(load->output);
	strv_fini(&load->denied);
	free(load);
	return NULL;
}

/* The strings of a job, one after the other. */
static struct {
	char bytes[LOADER_JOB_TEXT_MAX];
	size_t size;
	bool full; /* not all of them are there */
} text;

static void put_text(const char *path) {
	size_t length = strlen(path) + 1;

	/* Requests are checked; what else names a path here may not have been. */
	if (length > sizeof(text.bytes) - text.size) {
		text.full = true;
		return;
	}
	memcpy(text.bytes + text.size, path, length);
	text.size += length;
}

static void begin_text(const char *path) {
	text.size = 0;
	text.full = false;
	put_text(path);
}

static int send_job(struct load *load, struct job *job, struct loader_job *head) {
	if (text.full)
		return -ENAMETOOLONG;
	head->text_size = (uint32_t)text.size;
	struct iovec parts[] = {{head, sizeof(*head)}, {text.bytes, text.size}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t sent = sendmsg(load->channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return -errno;
	if ((size_t)sent != sizeof(*head) + text.size)
		return -EMSGSIZE;
	load->job = job;
	load->timeout_ms = job->attempt.timeout_ms;
	load->start_us = clock_now_us();
	load->state = LOAD_RUNNING;
	job->load = load;
	return 0;
}

int load_assign(struct load *load, struct job *job) {
	const struct request *request = job->request;
	const struct attempt *attempt = &job->attempt;
	const struct strv nothing = {0}, *first = attempt->preload ? attempt->preload : &nothing;
	struct loader_job head = {
		.magic = LOADER_MAGIC_JOB,
		.flags = attempt->flags | (request->lazy ? LOADER_JOB_LAZY : 0) |
			 (request->dry_run ? LOADER_JOB_DRY_RUN : 0) |
			 (request->dry_run ? 0 : LOADER_JOB_FACTS) |
			 (request->details ? LOADER_JOB_LATENT : 0),
		.preload_count = (uint32_t)(first->count + request->preload.count),
	};

	begin_text(attempt->path);
	for (size_t i = 0; i < first->count; i++)
		put_text(first->items[i]);
	for (size_t i = 0; i < request->preload.count; i++)
		put_text(request->preload.items[i]);
	return send_job(load, job, &head);
}

int load_check_trace(const struct job *job) {
	const struct strv *preload = &job->request->preload;

	if (!interpreter_path())
		return -ENOSYS;
	/* What separates elements, or begins a token, cannot be said in LD_PRELOAD (ld.so(8)); and
	 * without one of them, what that one has would be called missing. */
	for (size_t i = 0; i < preload->count; i++) {
		if (strpbrk(preload->items[i], ": $"))
			return -EINVAL;
	}
	return 0;
}

int load_assign_trace(struct load *load, struct job *job) {
	const struct request *request = job->request;
	struct loader_job head = {
		.magic = LOADER_MAGIC_JOB,
		.flags = request->lazy ? LOADER_JOB_LAZY : 0,
		.preload_count = (uint32_t)request->preload.count + 1,
	};

	begin_text(interpreter_path());
	put_text(job->attempt.path);
	for (size_t i = 0; i < request->preload.count; i++)
		put_text(request->preload.items[i]);
	return send_job(load, job, &head);
}

/* Reads what is there, and no more than 'size' bytes of it. */
static size_t read_available(int fd, char *buffer, size_t size) {
	size_t filled = 0;

	while (filled < size) {
		ssize_t length = read(fd, buffer + filled, size - filled);
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			break;
		filled += (size_t)length;
	}
	return filled;
}

/* recv(), so that the channel can stay blocking for the one write that assigns the job. */
static size_t receive_available(int fd, char *buffer, size_t size) {
	size_t filled = 0;

	while (filled < size) {
		ssize_t length = recv(fd, buffer + filled, size - filled, MSG_DONTWAIT);
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			break;
		filled += (size_t)length;
	}
	return filled;
}

uint64_t load_elapsed_us(const struct load *load) {
	return clock_now_us() - load->start_us;
}

int load_judge(struct load *load, int wait_status, struct verdict *ret_verdict) {
	static char reports[CHANNEL_MAX], output[PRINTED_MAX];
	bool reported = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == LOADER_EXIT_REPORTED;
	const struct job *job = load->job;
	struct verdict_evidence evidence = {
		.path = job ? job->path : NULL,
		.with = job ? &job->request->preload : NULL,
		.with_after = job && job->attempt.preload ? job->attempt.preload->count : 0,
		.reports = reports,
		.output = output,
		.wait_status = wait_status,
		.elapsed_us = load_elapsed_us(load),
		.deadline_passed = load->deadline_passed,
		.flooded = load->flooded,
		.untaken = !reported && !load_took_job(load),
		.denied = &load->denied,
		.timeout_ms = load->timeout_ms,
	};

	load_learn_pid(load);
	evidence.reports_size = receive_available(load->channel, reports, sizeof(reports));
	/* Only a result with details carries what was printed. */
	if (load->output >= 0 && job && job->request->details)
		evidence.output_size = read_available(load->output, output, sizeof(output));
	return verdict_judge(&evidence, ret_verdict);
}
