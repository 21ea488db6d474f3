/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "answers.h"
#include "autostart.h"
#include "connection.h"
#include "patience.h"
#include "reach.h"
#include "request.h"
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
	struct autostart autostart; /* the verification's, with patience */
	struct patience patience;
	bool private;
	bool over; /* true: there is no time for another daemon */
	unsigned failures;
	unsigned busy;
	char complaint[256];
};

static void complain(struct progress_of *progress, const char *what, int error) {
	snprintf(progress->complaint, sizeof(progress->complaint), "%s%s%s", what,
		error ? ": " : "", error ? strerror(-error) : "");
}

/* It may have said why, and whoever reads no more than the results is to know. */
static void complain_of_end(struct progress_of *progress, const char *words) {
	static const char what[] = "the daemon ended before it answered";

	snprintf(progress->complaint, sizeof(progress->complaint), "%s%s%s", what,
		words[0] ? ": " : "", words);
}

static void go_private(struct progress_of *progress) {
	patience_use_reserve(&progress->patience);
	progress->private = true;
	progress->failures = 0;
}

/* One more failure; goes over to private daemons, or returns false when enough is enough. */
static bool fail(struct progress_of *progress) {
	progress->failures++;
	if (progress->private)
		return progress->failures < PRIVATE_FAILURES_MAX;
	if (progress->failures >= SHARED_FAILURES_MAX)
		go_private(progress);
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

static int connect_to(struct progress_of *progress, struct connection **ret_connection) {
	const struct autostart *autostart = &progress->autostart;
	int r;

	if (!progress->private) {
		r = autostart_connect_or_start(autostart, ret_connection);
		if (r == 0)
			return 0;
		if (deadline_has_passed(&autostart->deadline))
			return r;
		go_private(progress);
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

/* 'words' are the last ones of the daemon that was asked. */
static bool go_on_after(enum session_outcome outcome, const struct deadline *deadline,
	const char *words, struct progress_of *progress) {
	switch (outcome) {
	case SESSION_DONE:
		/* What the user's daemon has no verdict for, another may have. */
		if (progress->private)
			return false;
		go_private(progress);
		return true;
	case SESSION_ENDING:
		deadline_pause(deadline, LOST_PAUSE_MS);
		return fail(progress);
	case SESSION_BUSY:
		if (progress->busy >= BUSY_TRIES_MAX) {
			go_private(progress);
			return true;
		}
		deadline_pause(deadline, 10u << progress->busy++);
		return true;
	case SESSION_LOST:
		complain_of_end(progress, words);
		deadline_pause(deadline, LOST_PAUSE_MS << 2 * progress->failures);
		return fail(progress);
	case SESSION_ELSEWHERE:
		complain(progress, "the daemon sees other files, or is of another version", 0);
		if (progress->private)
			return false;
		go_private(progress);
		return true;
	case SESSION_SILENT:
		complain(progress,
			patience_has_ended(&progress->patience)
				? "the daemon took longer than it may for all libraries"
				: "the daemon fell silent",
			0);
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

static void complain_of_time(struct progress_of *progress, const struct answers *answers) {
	snprintf(progress->complaint, sizeof(progress->complaint),
		"not enough time: %zu of %zu were answered; ask again",
		answers_count_known(answers), answers_count(answers));
}

/* What is on a file system that has not answered is not asked about: a daemon would wait as well.
 */
static void give_up_dead(struct reach *reach, struct answers *answers) {
	for (size_t i = 0; i < answers_count(answers); i++) {
		if (answers_is_open(answers, i) && reach_is_dead(reach, answers_path(answers, i)))
			answers_give_up(
				answers, i, "the file system that it is on does not answer");
	}
}

/* Asks one daemon. Returns false when there is no use in going on. */
static bool ask_one(
	const struct verify *verify, struct answers *answers, struct progress_of *progress) {
	CLEANUP(connection_free_p) struct connection *connection = NULL;
	const struct autostart *autostart = &progress->autostart;

	if (connect_to(progress, &connection) < 0)
		return false;
	connection_watch(connection, verify->on_wait, verify->context);
	if (progress->private)
		answers_believe(answers);
	/* Something may have been found dead on the way to the daemon. */
	give_up_dead(autostart->reach, answers);
	size_t open = answers_count_open(answers);
	const struct session_config config = {
		.request = verify->request,
		.deadline = autostart->deadline,
		.patience = &progress->patience,
		.probe = {.is_alive = progress->private ? NULL : is_alive, .context = autostart},
	};
	enum session_outcome outcome = session_run(connection, answers, &config);
	if (answers_count_open(answers) < open)
		progress->failures = 0;
	progress->over = connection_is_over(connection);
	return !progress->over &&
	       go_on_after(outcome, &autostart->deadline, connection_words(connection), progress);
}

/* Whether somebody else may be asked. When there is no patience left with the user's daemon, some
 * is kept for a private one. */
static bool can_go_on(struct progress_of *progress) {
	if (deadline_has_passed(&progress->autostart.deadline))
		return false;
	if (!patience_has_ended(&progress->patience))
		return true;
	if (!progress->private)
		go_private(progress);
	return !patience_has_ended(&progress->patience);
}

void verify_run(const struct verify *verify, struct answers *answers) {
	const struct deadline *deadline = &verify->autostart->deadline;
	struct progress_of progress = {
		.autostart = *verify->autostart,
		.private = verify->no_daemon,
		.complaint = "no verdict could be had",
	};
	bool go_on = true;

	progress.autostart.patience = &progress.patience;
	give_up_dead(progress.autostart.reach, answers);
	progress.patience = patience_new(answers_count_open(answers), verify->request->timeout_ms);
	if (progress.private)
		patience_use_reserve(&progress.patience);
	else
		answers_doubt(answers);
	while (go_on && answers_count_known(answers) < answers_count(answers) &&
		can_go_on(&progress))
		go_on = ask_one(verify, answers, &progress);
	if (progress.over || deadline_has_passed(deadline))
		complain_of_time(&progress, answers);
	give_up(answers, progress.complaint);
}
