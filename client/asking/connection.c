/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "burial.h"
#include "patience.h"

#define BUFFER_FIRST 65536
#define ROOM_ENOUGH  (BUFFER_FIRST / 2)
/* How long a private daemon may take to end once nobody is connected. */
#define DAEMON_END_MS  2000
#define DAEMON_KILL_MS 250
#define DAEMON_STEP_MS 100
/* So many of its complaints, of PIPE_BUF bytes, are passed on at a time. */
#define COMPLAINTS_MAX 16
/* Of the time for answers, so much is kept for that: a tenth, within these bounds. The daemon takes
 * who goes then for one whose time is over (call.c). */
#define KEEP_MIN_MS 50
#define KEEP_MAX_MS 300

/* Of the last of them, so much is kept. */
#define WORDS_SIZE 160

struct connection {
	struct connection_config config;
	struct deadline last_word; /* nothing is waited for after that */
	char *buffer;
	size_t start;  /* of the bytes not yet given out */
	size_t filled; /* end of the bytes received */
	size_t searched;
	size_t capacity;
	void (*on_wait)(void *context);
	void *context;
	char words[WORDS_SIZE]; /* the last line of what the daemon has said; or "" */
};

/* When the last answer of a private daemon has to be there. */
static struct deadline find_last_word(const struct deadline *deadline) {
	unsigned keep_ms = deadline_left_ms(deadline, 10 * KEEP_MAX_MS) / 10;

	return deadline_before(deadline, keep_ms < KEEP_MIN_MS ? KEEP_MIN_MS : keep_ms);
}

int connection_new(const struct connection_config *config, struct connection **ret_connection) {
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		fd_close(config->fd);
		fd_close(config->errors);
		return -ENOMEM;
	}
	connection->config = *config;
	connection->last_word =
		config->daemon > 0 ? find_last_word(&config->deadline) : config->deadline;
	*ret_connection = connection;
	return 0;
}

/* Whether 'fd' takes PIPE_BUF bytes at once; *ret_broken tells that it takes none any more. */
static bool is_writable(int fd, bool *ret_broken) {
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	int ready = poll(&poll_fd, 1, 0);

	*ret_broken = ready > 0 && (poll_fd.revents & (POLLERR | POLLNVAL | POLLHUP));
	return ready > 0 && !*ret_broken;
}

/* Keeps the last line of 'bytes', as far as it can be shown, without when and by whom it was said
 * (log.h of the daemon). */
static void keep_words(struct connection *connection, const char *bytes, size_t length) {
	static const char mark[] = "error: ";
	size_t start = length;

	while (length > 0 && bytes[length - 1] == '\n')
		length--;
	for (start = length; start > 0 && bytes[start - 1] != '\n';)
		start--;
	const char *line = bytes + start, *end = bytes + length;
	const char *words = memmem(line, length - start, mark, strlen(mark));
	if (words && memmem(line, (size_t)(words - line), "]: ", 3))
		line = words + strlen(mark);
	size_t size = (size_t)(end - line) < WORDS_SIZE ? (size_t)(end - line) : WORDS_SIZE - 1;
	if (size == 0)
		return;
	for (size_t i = 0; i < size; i++)
		connection->words[i] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
	connection->words[size] = '\0';
}

/* Passes on what a private daemon has said, as far as that takes no waiting. Returns false if there
 * may be more that nobody takes now. */
static bool pass_complaints(struct connection *connection) {
	struct connection_config *config = &connection->config;
	char bytes[PIPE_BUF];
	bool broken;

	/* One that never stops to complain is not heard to the end. */
	for (int i = 0; i < COMPLAINTS_MAX && config->errors >= 0; i++) {
		if (!is_writable(config->complaints, &broken) && !broken)
			return false;
		ssize_t length = read(config->errors, bytes, sizeof(bytes));
		if (length < 0)
			return true;
		if (length == 0)
			config->errors = fd_close(config->errors);
		else
			keep_words(connection, bytes, (size_t)length);
		/* Nothing can be done about complaints that nobody hears. */
		if (length > 0 && !broken && write(config->complaints, bytes, (size_t)length) < 0)
			continue;
	}
	return true;
}

const char *connection_words(struct connection *connection) {
	pass_complaints(connection);
	return connection->words;
}

/* Waits until the process has ended, as burial_wait() does, and hears what it says meanwhile. */
static bool wait_for_end(struct connection *connection, unsigned ms) {
	const struct connection_config *config = &connection->config;
	bool ended = false;

	for (unsigned waited = 0; !ended && waited < ms; waited += DAEMON_STEP_MS) {
		ended = burial_wait(config->daemon, DAEMON_STEP_MS, &config->deadline);
		pass_complaints(connection);
		if (deadline_has_passed(&config->deadline))
			break;
	}
	return ended;
}

/* One that is in the kernel, at a file system that does not answer, does not end when it is killed;
 * it will, and is nobody's child then. */
static void end_daemon(struct connection *connection) {
	if (wait_for_end(connection, DAEMON_END_MS))
		return;
	kill(connection->config.daemon, SIGKILL);
	wait_for_end(connection, DAEMON_KILL_MS);
}

struct connection *connection_free(struct connection *connection) {
	if (!connection)
		return NULL;
	fd_close(connection->config.fd);
	if (connection->config.daemon > 0)
		end_daemon(connection);
	fd_close(connection->config.errors);
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

/* Whether nothing is waited for any more. */
static bool has_ended(const struct connection *connection) {
	struct patience *patience = connection->config.patience;

	return connection_is_over(connection) || (patience && patience_has_ended(patience));
}

/* Returns 1 when there is something, 0 when the time is over, -errno. */
static int wait_a_moment(struct connection *connection, short events, unsigned ms) {
	bool heard = pass_complaints(connection);
	struct pollfd poll_fds[] = {
		{.fd = connection->config.fd, .events = events},
		{.fd = heard ? connection->config.errors : -1, .events = POLLIN},
	};

	int ready = poll(poll_fds, 2, (int)ms);
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	return poll_fds[0].revents != 0;
}

/* Waits for one of 'events', until 'until' at most. Returns 0 or -errno. */
static int wait_for(struct connection *connection, short events, const struct deadline *until) {
	for (;;) {
		unsigned ms = deadline_left_ms(until, CONNECTION_WAIT_MS);
		ms = deadline_left_ms(&connection->last_word, ms);
		/* One that was stopped meanwhile looks once more. */
		int ready = wait_a_moment(connection, events, ms);

		if (ready != 0)
			return ready < 0 ? ready : 0;
		if (ms == 0 || has_ended(connection))
			return -ETIMEDOUT;
		if (connection->on_wait)
			connection->on_wait(connection->context);
	}
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
	ssize_t length = recv(connection->config.fd, connection->buffer + connection->filled,
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
	struct deadline until = deadline_after(deadline_now_ms(), silence_ms);
	size_t sent = 0;

	/* The NUL that ends 'text' in memory is sent with it. */
	while (sent < length + 1) {
		ssize_t written = send(connection->config.fd, text + sent, length + 1 - sent,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (written >= 0) {
			sent += (size_t)written;
			until = deadline_after(deadline_now_ms(), silence_ms);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return errno == EPIPE ? -ECONNRESET : -errno;
		int r = wait_for(connection, POLLOUT, &until);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Gives out the next message if all of it is there. */
static bool take_message(struct connection *connection, const char **ret_text, size_t *ret_length) {
	const char *nul = connection->filled > connection->searched
				  ? memchr(connection->buffer + connection->searched, '\0',
					    connection->filled - connection->searched)
				  : NULL;
	if (!nul) {
		connection->searched = connection->filled;
		return false;
	}
	size_t end = (size_t)(nul - connection->buffer);
	*ret_text = connection->buffer + connection->start;
	*ret_length = end - connection->start;
	connection->start = connection->searched = end + 1;
	return true;
}

int connection_receive(struct connection *connection, unsigned silence_ms, const char **ret_text,
	size_t *ret_length) {
	struct deadline until = deadline_after(deadline_now_ms(), silence_ms);

	while (!take_message(connection, ret_text, ret_length)) {
		bool is_first = connection->start == connection->filled;
		/* Also where there is always something, so that nothing is waited for. */
		if (has_ended(connection))
			return -ETIMEDOUT;
		ssize_t length = fill(connection);
		if (length < 0)
			return (int)length;
		if (length > 0 && is_first)
			until = deadline_after(deadline_now_ms(), silence_ms);
		if (length == 0) {
			int r = wait_for(connection, POLLIN, &until);
			if (r < 0)
				return r;
		}
	}
	return 0;
}
