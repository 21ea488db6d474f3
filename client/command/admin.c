/* SPDX-License-Identifier: MIT */
#include "admin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/exitcodes.h>
#include <dltest/protocol.h>

#include "autostart.h"
#include "connection.h"
#include "jsonscan.h"
#include "jsontext.h"
#include "place.h"
#include "status.h"
#include "stdout.h"

#define ANSWER_MS 5000
/* A daemon finishes the calls it is at first. */
#define END_MS 30000

DEFINE_CLEANUP(struct connection *, connection_free);
DEFINE_CLEANUP(struct jsonscan *, jsonscan_free);

static int connect_to(const struct autostart *autostart, struct connection **ret_connection) {
	int r = autostart_connect(autostart, ret_connection);

	if ((r == -ENOENT || r == -ECONNREFUSED) && autostart_check(autostart) == -EPERM)
		fprintf(stderr,
			"tsuku-dltest: no daemon is running, and none will: others can write to "
			"%s, "
			"or it is not yours\n",
			autostart->place->sockpath.dir);
	else if (r == -ENOENT || r == -ECONNREFUSED)
		fputs("tsuku-dltest: no daemon is running\n", stderr);
	else if (r == -EPERM)
		fprintf(stderr, "tsuku-dltest: %s is another user's\n",
			autostart->place->sockpath.path);
	else if (r < 0)
		fprintf(stderr, "tsuku-dltest: cannot reach the daemon: %s\n", strerror(-r));
	return r;
}

static int ask(struct connection *connection, const char *method, const char **ret_text,
	size_t *ret_length) {
	char message[128];

	int length = snprintf(message, sizeof(message), "{\"method\":\"%s\"}", method);
	int r = connection_send(connection, message, (size_t)length, ANSWER_MS);
	return r < 0 ? r : connection_receive(connection, ANSWER_MS, ret_text, ret_length);
}

static int complain(int r) {
	fprintf(stderr, "tsuku-dltest: the daemon does not answer: %s\n", strerror(-r));
	return DLTEST_EXIT_NO_VERDICT;
}

/* Returns the exit status. */
static int print_status(const struct jsonscan *scan, size_t parameters, bool for_people) {
	cleanup_jsontext struct jsontext text = {0};
	struct jsonscan_slice slice = jsonscan_slice(scan, parameters);

	if (for_people) {
		status_put(&text, scan, parameters);
	} else {
		jsontext_put(&text, slice.at, slice.length);
		jsontext_put(&text, "\n", 1);
	}
	return text.failed || stdout_write(text.bytes, text.length) < 0 ? DLTEST_EXIT_USAGE
									: DLTEST_EXIT_OK;
}

int admin_status(const struct autostart *autostart, bool for_people) {
	CLEANUP(connection_free_p) struct connection *connection = NULL;
	CLEANUP(jsonscan_free_p) struct jsonscan *scan = NULL;
	const char *text;
	size_t length, parameters = 0;

	if (connect_to(autostart, &connection) < 0)
		return DLTEST_EXIT_NO_VERDICT;
	int r = ask(connection, DLTEST_METHOD_STATUS, &text, &length);
	if (r < 0)
		return complain(r);
	if (jsonscan_read(text, length, &scan) == 0)
		parameters = jsonscan_member(scan, jsonscan_root(scan), "parameters");
	if (!parameters) {
		fputs("tsuku-dltest: the daemon's answer makes no sense\n", stderr);
		return DLTEST_EXIT_NO_VERDICT;
	}
	return print_status(scan, parameters, for_people);
}

int admin_stop(const struct autostart *autostart) {
	CLEANUP(connection_free_p) struct connection *connection = NULL;
	const char *text;
	size_t length;

	int r = connect_to(autostart, &connection);
	if (r < 0)
		return r == -ENOENT || r == -ECONNREFUSED ? DLTEST_EXIT_OK : DLTEST_EXIT_NO_VERDICT;
	r = ask(connection, DLTEST_METHOD_STOP, &text, &length);
	/* One that was ending of itself takes no more calls, and has closed the connection already.
	 */
	if (r < 0 && r != -ECONNRESET)
		return complain(r);
	/* It closes the connection when it is done. */
	if (r == 0)
		r = connection_receive(connection, END_MS, &text, &length);
	if (r == -ECONNRESET)
		return DLTEST_EXIT_OK;
	fputs("tsuku-dltest: the daemon has not ended yet\n", stderr);
	return DLTEST_EXIT_NO_VERDICT;
}
