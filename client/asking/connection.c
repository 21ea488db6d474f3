/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#define BUFFER_FIRST 65536
#define ROOM_ENOUGH  (BUFFER_FIRST / 2)
/* How long a private daemon may take to end once nobody is connected. */
#define DAEMON_END_MS  2000
#define DAEMON_KILL_MS 500
#define DAEMON_STEP_MS 10
/* Of the time for answers, so much is kept for that: a tenth, within these bounds. The daemon takes
 * who goes then for one whose time is over (call.c). */
#define KEEP_MIN_MS 50
#define KEEP_MAX_MS 300

struct connection {
	int fd;
	pid_t daemon;
	struct deadline deadline;  /* of all */
	struct deadline last_word; /* nothing is waited for after that */
	char *buffer;
	size_t start;  /* of the bytes not yet given out */
	size_t filled; /* end of the bytes received */
	size_t searched;
	size_t capacity;
	void (*on_wait)(void *context);
	void *context;
};

/* When the last answer of a private daemon has to be there. */
static struct deadline find_last_word(const struct deadline *deadline) {
	unsigned keep_ms = deadline_left_ms(deadline, 10 * KEEP_MAX_MS) / 10;

	return deadline_before(deadline, keep_ms < KEEP_MIN_MS ? KEEP_MIN_MS : keep_ms);
}

int connection_new(
	int fd, pid_t daemon, const struct deadline *deadline, struct connection **ret_connection) {
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		fd_close(fd);
		return -ENOMEM;
	}
	connection->fd = fd;
	connection->daemon = daemon;
	connection->deadline = *deadline;
	connection->last_word = daemon > 0 ? find_last_word(deadline) : *deadline;
	*ret_connection = connection;
	return 0;
}

/* Waits until the process has ended, for 'ms' at most. Returns false if it has not. */
static bool wait_for_end(pid_t daemon, unsigned ms, const struct deadline *deadline) {
	for (unsigned waited = 0;; waited += DAEMON_STEP_MS) {
		if (waitpid(daemon, NULL, WNOHANG) != 0)
			return true;
		if (waited >= ms || deadline_has_passed(deadline))
			return false;
		deadline_pause(deadline, DAEMON_STEP_MS);
	}
}

/* One that is in the kernel, at a file system that does not answer, does not end when it is killed;
 * it will, and is nobody's child then. */
static void end_daemon(pid_t daemon, const struct deadline *deadline) {
	if (wait_for_end(daemon, DAEMON_END_MS, deadline))
		return;
	kill(daemon, SIGKILL);
	wait_for_end(daemon, DAEMON_KILL_MS, deadline);
}

struct connection *connection_free(struct connection *connection) {
	if (!connection)
		return NULL;
	fd_close(connection->fd);
	if (connection->daemon > 0)
		end_daemon(connection->daemon, &connection->deadline);
	free(connection->buffer);
	free(connection);
	return NULL;
}

bool connection_is_over(const struct connection *connection) {
	return deadline_has_passed(&connection->last_word);
}

void connection_watch(
	struct connection *connection, void (*on_wait)(void *context), void *context) {
	connection->on_wait = on_wait;
	connection->context = context;
}

/* Returns 1 when there is something, 0 when the time is over, -errno. */
static int wait_a_moment(int fd, short events, unsigned ms) {
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int ready;

	do
		ready = poll(&poll_fd, 1, (int)ms);
	while (ready < 0 && errno == EINTR);
	return ready < 0 ? -errno : ready;
}

static int wait_for(const struct connection *connection, short events, unsigned silence_ms) {
	unsigned left_ms = deadline_left_ms(&connection->last_word, silence_ms);

	while (left_ms > 0) {
		unsigned ms = connection->on_wait && left_ms > CONNECTION_WAIT_MS
				      ? CONNECTION_WAIT_MS
				      : left_ms;
		int ready = wait_a_moment(connection->fd, events, ms);

		if (ready != 0)
			return ready < 0 ? ready : 0;
		if (connection->on_wait)
			connection->on_wait(connection->context);
		left_ms = deadline_left_ms(&connection->last_word, left_ms - ms);
	}
	return -ETIMEDOUT;
}

/* Makes room behind what is there, moving it to the front first unless there is enough. */
static int make_room(struct connection *connection) {
	if (connection->start == connection->filled)
		connection->start = connection->searched = connection->filled = 0;
	if (connection->capacity - connection->filled >= ROOM_ENOUGH)
		return 0;
	if (connection->start > 0) {
		memmove(connection->buffer, connection->buffer + connection->start,
			connection->filled - connection->start);
		connection->filled -= connection->start;
		connection->searched -= connection->start;
		connection->start = 0;
	}
	if (connection->capacity > connection->filled)
		return 0;
	if (connection->capacity > DLTEST_REPLY_MAX)
		return -EMSGSIZE;
	size_t capacity = connection->capacity ? connection->capacity * 2 : BUFFER_FIRST;
	char *grown = realloc(connection->buffer, capacity);
	if (!grown)
		return -ENOMEM;
	connection->buffer = grown;
	connection->capacity = capacity;
	return 0;
}

/* Takes in what is there. Returns the number of bytes, 0 when nothing is there, -errno. */
static ssize_t fill(struct connection *connection) {
	int r = make_room(connection);
	if (r < 0)
		return r;
	ssize_t length = recv(connection->fd, connection->buffer + connection->filled,
		connection->capacity - connection->filled, MSG_DONTWAIT);
	if (length == 0)
		return -ECONNRESET;
	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	connection->filled += (size_t)length;
	return length;
}

int connection_send(
	struct connection *connection, const char *text, size_t length, unsigned silence_ms) {
	size_t sent = 0;

	/* The NUL that ends 'text' in memory is sent with it. */
	while (sent < length + 1) {
		ssize_t written = send(connection->fd, text + sent, length + 1 - sent,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (written >= 0) {
			sent += (size_t)written;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return errno == EPIPE ? -ECONNRESET : -errno;
		int r = wait_for(connection, POLLOUT, silence_ms);
		if (r < 0)
			return r;
	}
	return 0;
}

int connection_receive(struct connection *connection, unsigned silence_ms, const char **ret_text,
	size_t *ret_length) {
	for (;;) {
		const char *nul = connection->filled > connection->searched
					  ? memchr(connection->buffer + connection->searched, '\0',
						    connection->filled - connection->searched)
					  : NULL;
		if (nul) {
			size_t end = (size_t)(nul - connection->buffer);

			*ret_text = connection->buffer + connection->start;
			*ret_length = end - connection->start;
			connection->start = connection->searched = end + 1;
			return 0;
		}
		connection->searched = connection->filled;
		/* Also where there is always something, so that nothing is waited for. */
		if (connection_is_over(connection))
			return -ETIMEDOUT;
		ssize_t length = fill(connection);
		if (length < 0)
			return (int)length;
		if (length == 0) {
			int r = wait_for(connection, POLLIN, silence_ms);
			if (r < 0)
				return r;
		}
	}
}
