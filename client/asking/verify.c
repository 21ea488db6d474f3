/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "answers.h"
#include "autostart.h"
#include "connection.h"
#include "session.h"

/* Daemons in a row that may fail us without a single new answer: the user's, then private ones. */
#define SHARED_FAILURES_MAX  3
#define PRIVATE_FAILURES_MAX 2
/* The pause after the first of them. A process that is killed closes its connections before it
 * stops to listen: who is too quick gets into the queue of a dead daemon, and loses that as well.
 */
#define LOST_PAUSE_MS 10u
/* How long a daemon may take to say who it is, which it does whatever else it has to do. */
#define ALIVE_MS 1000
/* Pauses between two tries at a busy daemon: 10, 20, 40 … ms, 2.5 s in all. */
#define BUSY_TRIES_MAX 8

DEFINE_CLEANUP(struct connection *, connection_free);

struct progress_of {
	bool private;
	unsigned failures;
	unsigned busy;
	char complaint[200];
};

static void pause_ms(unsigned ms) {
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&time, NULL);
}

static void complain(struct progress_of *progress, const char *what, int error) {
	snprintf(progress->complaint, sizeof(progress->complaint), "%s%s%s", what,
		error ? ": " : "", error ? strerror(-error) : "");
}

/* One more failure; goes over to private daemons, or returns false when enough is enough. */
static bool fail(struct progress_of *progress) {
	progress->failures++;
	if (progress->private)
		return progress->failures < PRIVATE_FAILURES_MAX;
	if (progress->failures >= SHARED_FAILURES_MAX) {
		progress->private = true;
		progress->failures = 0;
	}
	return true;
}

/* Whether the user's daemon answers at all, on another connection. */
static bool is_alive(const void *context) {
	static const char message[] = "{\"method\":\"" DLTEST_VARLINK_SERVICE ".GetInfo\"}";
	CLEANUP(connection_free_p) struct connection *connection = NULL;
	const struct autostart *autostart = context;
	const char *text;
	size_t length;

	return autostart_connect(autostart, &connection) == 0 &&
	       connection_send(connection, message, strlen(message), ALIVE_MS) == 0 &&
	       connection_receive(connection, ALIVE_MS, &text, &length) == 0;
}

static int connect_to(const struct autostart *autostart, struct progress_of *progress,
	struct connection **ret_connection) {
	int r;

	if (!progress->private) {
		r = autostart_connect_or_start(autostart, ret_connection);
		if (r == 0)
			return 0;
		progress->private = true;
		progress->failures = 0;
	}
	r = autostart_private(autostart, ret_connection);
	if (r == -ENOENT)
		complain(progress,
			"no daemon can be started: tsuku-dltestd is not beside tsuku-dltest, "
			"or /proc is missing",
			0);
	else if (r < 0)
		complain(progress, "no daemon can be started", r);
	return r;
}

static bool go_on_after(enum session_outcome outcome, struct progress_of *progress) {
	switch (outcome) {
	case SESSION_DONE:
		return false;
	case SESSION_ENDING:
		pause_ms(LOST_PAUSE_MS);
		return fail(progress);
	case SESSION_BUSY:
		if (progress->busy >= BUSY_TRIES_MAX) {
			progress->private = true;
			return true;
		}
		pause_ms(10u << progress->busy++);
		return true;
	case SESSION_LOST:
		complain(progress, "the daemon ended before it answered", 0);
		pause_ms(LOST_PAUSE_MS << 2 * progress->failures);
		return fail(progress);
	case SESSION_ELSEWHERE:
		complain(progress, "the daemon sees other files", 0);
		if (progress->private)
			return false;
		progress->private = true;
		progress->failures = 0;
		return true;
	case SESSION_SILENT:
		complain(progress, "the daemon fell silent", 0);
		if (!progress->private)
			progress->failures = SHARED_FAILURES_MAX - 1;
		return fail(progress);
	case SESSION_ENOUGH:
		return false;
	case SESSION_FAILED:
		complain(progress, "out of memory", 0);
		return false;
	}
	return false;
}

static void give_up(struct answers *answers, const char *why) {
	for (size_t i = 0; i < answers_count(answers); i++) {
		if (!answers_is_known(answers, i))
			answers_give_up(answers, i, why);
	}
}

void verify_run(const struct verify *verify, struct answers *answers) {
	const struct autostart *autostart = verify->autostart;
	struct progress_of progress = {
		.private = verify->no_daemon, .complaint = "no verdict could be had"};
	bool go_on = answers_count_known(answers) < answers_count(answers);

	while (go_on) {
		CLEANUP(connection_free_p) struct connection *connection = NULL;
		size_t known = answers_count_known(answers);

		if (connect_to(autostart, &progress, &connection) < 0)
			break;
		connection_watch(connection, verify->on_wait, verify->context);
		const struct session_probe probe = {
			.is_alive = progress.private ? NULL : is_alive, .context = autostart};
		enum session_outcome outcome =
			session_run(connection, answers, verify->request, &probe);
		if (answers_count_known(answers) > known)
			progress.failures = 0;
		go_on = go_on_after(outcome, &progress);
	}
	give_up(answers, progress.complaint);
}
