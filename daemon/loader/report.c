/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

uint64_t report_now_ns(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Without a report, the end of this process is put down to the library. Where the kernel has no
 * room for one, it is the end that such want has for a process. */
static _Noreturn void give_up(int error) {
	if (error == ENOMEM || error == ENOBUFS)
		kill(getpid(), SIGKILL);
	_exit(LOADER_EXIT_NO_CHANNEL);
}

static void write_all(struct iovec *parts, int count) {
	while (count > 0) {
		ssize_t written = writev(LOADER_FD_CHANNEL, parts, count);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			give_up(errno);
		while (count > 0 && (size_t)written >= parts->iov_len) {
			written -= (ssize_t)parts->iov_len;
			parts++;
			count--;
		}
		if (count > 0) {
			parts->iov_base = (char *)parts->iov_base + written;
			parts->iov_len -= (size_t)written;
		}
	}
}

void report_send(const struct report *report) {
	size_t text_size = report->text_size ? report->text_size
			   : report->text    ? strnlen(report->text, LOADER_TEXT_MAX)
					     : 0;
	struct loader_report head = {
		.magic = LOADER_MAGIC_REPORT,
		.stage = report->stage,
		.reason = report->reason,
		.text_size = (uint32_t)text_size,
		.facts_size = (uint32_t)report->facts_size,
		.about = (uint32_t)report->about,
		.duration_ns = report_now_ns() - report->start_ns,
	};
	/* writev() does not write through its pointers, whatever their type. */
	union {
		const char *in;
		void *out;
	} text = {report->text}, facts = {report->facts};
	struct iovec parts[] = {
		{&head, sizeof(head)},
		{text.out, text_size},
		{facts.out, report->facts_size},
	};

	write_all(parts, report->facts_size ? 3 : text_size ? 2 : 1);
}

void report_finish(const struct report *report) {
	report_send(report);
	_exit(LOADER_EXIT_REPORTED);
}
