/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempt.h"
#include "judgement.h"
#include "loader_abi.h"
#include "request.h"

/* Two reports at most, those that say what the next is about, or what was refused, and a little, so
 * that more shows as too much. */
#define CHANNEL_MAX \
	(2 * (sizeof(struct loader_report) + LOADER_TEXT_MAX) + LOADER_FACTS_MAX + \
		(LOADER_PRELOAD_MAX + 5) * sizeof(struct loader_report) + LOADER_TEXT_MAX + \
		32 * 1024)
/* The kernel's pipe buffer; what a library prints beyond it is refused to it. */
#define PRINTED_MAX 65536

/* Without waiting, so that the channel can stay blocking for the one write that assigns the job. */
static ssize_t receive(int channel, void *buffer, size_t size) {
	return recv(channel, buffer, size, MSG_DONTWAIT);
}

/* Takes with 'take' what is there, and no more than 'size' bytes of it. Returns how many those are,
 * or -errno where that cannot be known. */
static ssize_t read_available(
	int fd, ssize_t (*take)(int fd, void *buffer, size_t size), char *buffer, size_t size) {
	size_t filled = 0;

	while (filled < size) {
		ssize_t length = take(fd, buffer + filled, size - filled);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 && errno != EAGAIN && errno != ECONNRESET)
			return -errno;
		if (length <= 0)
			break;
		filled += (size_t)length;
	}
	return (ssize_t)filled;
}

/* The length of the hello that 'bytes' begin with, if it could not be taken out of the way. */
static size_t hello_length(const struct load *load, const char *bytes, size_t size) {
	struct loader_hello hello;

	if (load->pid > 0 || size < sizeof(hello))
		return 0;
	memcpy(&hello, bytes, sizeof(hello));
	return hello.magic == LOADER_MAGIC_HELLO ? sizeof(hello) : 0;
}

int load_judge(struct load *load, int wait_status, struct verdict *ret_verdict) {
	static char reports[CHANNEL_MAX], output[PRINTED_MAX];
	bool reported = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == LOADER_EXIT_REPORTED;
	const struct attempt *attempt = load->attempt;
	const struct question *question = attempt->question;
	struct judgement_evidence evidence = {
		.path = question->path,
		.preload = &question->request->preload,
		.preload_offset = attempt->preload ? attempt->preload->count : 0,
		.output = output,
		.wait_status = wait_status,
		.elapsed_us = load_elapsed_us(load),
		.cause = load->cause,
		.died_before_job = !reported && !load_took_job(load),
		.denied = &load->denied,
		.refused = &load->refused,
		.refused_us = load->refused_us,
		.waits = !load->watch.usage.is_runnable && !load->watch.usage.on_disk,
		.timeout_ms = load->timeout_ms,
	};

	load_learn_pid(load);
	ssize_t length = read_available(load->channel, receive, reports, sizeof(reports));
	/* Without its reports, its end would be taken for the library's doing. */
	if (length < 0)
		return (int)length;
	size_t hello = hello_length(load, reports, (size_t)length);
	evidence.reports = reports + hello;
	evidence.reports_size = (size_t)length - hello;
	/* A result with details carries it; elsewhere the dynamic linker's last words may be there.
	 */
	bool is_wanted = question->request->details || attempt->flags & LOADER_JOB_EXPLAIN;
	length = load->output >= 0 && is_wanted
			 ? read_available(load->output, read, output, sizeof(output))
			 : 0;
	evidence.output_size = length > 0 ? (size_t)length : 0;
	return judgement_make(&evidence, ret_verdict);
}
