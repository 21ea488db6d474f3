/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <dltest/cleanup.h>

#include "clock.h"
#include "looker.h"
#include "lookerproc.h"
#include "looking.h"

/* Processes that read at a time, and those left behind where they wait. */
#define WORKERS_MAX  4
#define STUCK_MAX    16
#define READINGS_MAX 256
/* How long somebody waits for a string; and if only for want of a processor. */
#define READ_MS	  50
#define LATEST_MS 1000

struct worker {
	LIST_ENTRY(worker) link;
	struct reader *reader;
	pid_t pid;
	int fd;
	struct event *readable;
	struct reading *reading; /* that it is at, or NULL */
	uint32_t number;	 /* of the last question */
	bool busy;		 /* true: that question has no answer */
	bool stuck;		 /* true: nobody waits for that answer */
};

struct reading {
	TAILQ_ENTRY(reading) link; /* reader.readings */
	struct reader *reader;
	struct worker *worker; /* NULL: it waits for one */
	struct event *timer;
	uint64_t start_ms;
	pid_t thread;
	uint64_t address;
	reading_done_fn on_done;
	void *context;
	bool done; /* true: whoever asked is about to be told */
	size_t length;
	char text[LOOKING_MEMORY_MAX];
};

struct reader {
	struct event_base *base;
	LIST_HEAD(, worker) workers;
	TAILQ_HEAD(, reading) readings; /* all that are not done */
	size_t count;
};

static void set_timer(struct reading *reading, uint64_t ms) {
	const struct timeval delay = {
		.tv_sec = (time_t)(ms / 1000), .tv_usec = (long)(ms % 1000 * 1000)};

	event_add(reading->timer, &delay);
}

static void free_worker(struct worker *worker) {
	if (worker->reading)
		worker->reading->worker = NULL;
	LIST_REMOVE(worker, link);
	if (worker->readable)
		event_free(worker->readable);
	fd_close(worker->fd);
	free(worker);
}

static bool ask(struct worker *worker, struct reading *reading) {
	static struct looking_question question;

	question = (struct looking_question){
		.number = ++worker->number, .thread = reading->thread, .address = reading->address};
	if (send(worker->fd, &question, offsetof(struct looking_question, path),
		    MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return false;
	worker->busy = true;
	worker->reading = reading;
	reading->worker = worker;
	return true;
}

/* Gives the worker what waits. */
static void give_next(struct worker *worker) {
	struct reading *reading;

	TAILQ_FOREACH (reading, &worker->reader->readings, link) {
		if (!reading->worker && !reading->done) {
			(void)ask(worker, reading);
			return;
		}
	}
}

static void take_answer(struct worker *worker, const struct looking_answer *answer) {
	struct reading *reading = worker->reading;

	worker->busy = false;
	worker->reading = NULL;
	if (!reading)
		return;
	reading->worker = NULL;
	reading->done = true;
	const char *nul = memchr(answer->text, '\0', answer->length);
	reading->length = nul ? (size_t)(nul - answer->text) : answer->length;
	memcpy(reading->text, answer->text, reading->length);
	event_active(reading->timer, 0, 0);
}

static void worker_on_readable(evutil_socket_t fd, short what, void *argument) {
	static struct looking_answer answer;
	struct worker *worker = argument;
	const size_t least = offsetof(struct looking_answer, text);

	(void)fd, (void)what;
	ssize_t length = recv(worker->fd, &answer, sizeof(answer), MSG_DONTWAIT);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length < (ssize_t)least || answer.length > LOOKING_MEMORY_MAX ||
		(answer.error == 0 && (size_t)length < least + answer.length)) {
		free_worker(worker);
		return;
	}
	if (answer.error)
		answer.length = 0;
	bool was_stuck = worker->stuck;
	take_answer(worker, &answer);
	/* Another has taken its place since. */
	if (was_stuck)
		free_worker(worker);
	else
		give_next(worker);
}

static struct worker *start_worker(struct reader *reader) {
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->reader = reader;
	LIST_INSERT_HEAD(&reader->workers, worker, link);
	worker->fd = lookerproc_start(LOOKER_OF_MEMORY, &worker->pid);
	if (worker->fd >= 0)
		worker->readable = event_new(
			reader->base, worker->fd, EV_READ | EV_PERSIST, worker_on_readable, worker);
	if (!worker->readable || event_add(worker->readable, NULL) < 0) {
		free_worker(worker);
		return NULL;
	}
	return worker;
}

/* A worker with nothing to do, made if need be; NULL if there is none now. */
static struct worker *find_worker(struct reader *reader) {
	struct worker *worker;
	size_t working = 0, stuck = 0;

	LIST_FOREACH (worker, &reader->workers, link) {
		if (!worker->busy)
			return worker;
		*(worker->stuck ? &stuck : &working) += 1;
	}
	return working < WORKERS_MAX && stuck < STUCK_MAX ? start_worker(reader) : NULL;
}

static void free_reading(struct reading *reading) {
	TAILQ_REMOVE(&reading->reader->readings, reading, link);
	reading->reader->count--;
	if (reading->worker) {
		reading->worker->reading = NULL;
		reading->worker->stuck = true;
	}
	event_free(reading->timer);
	free(reading);
}

/* Whether nothing but the want of a processor keeps it waiting. */
static bool wants_processor(const struct reading *reading) {
	return reading->worker && clock_now_ms() - reading->start_ms < LATEST_MS &&
	       lookerproc_is_runnable(reading->worker->pid);
}

/* It has been read, or has waited for long enough. */
static void reading_on_timer(evutil_socket_t fd, short what, void *argument) {
	struct reading *reading = argument;

	(void)fd;
	if (what & EV_TIMEOUT && wants_processor(reading)) {
		set_timer(reading, READ_MS);
		return;
	}
	reading_done_fn on_done = reading->on_done;
	void *context = reading->context;
	char text[LOOKING_MEMORY_MAX];
	size_t length = reading->length;

	memcpy(text, reading->text, length);
	free_reading(reading);
	on_done(context, text, length);
}

struct reader *reader_new(struct event_base *base) {
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->base = base;
	LIST_INIT(&reader->workers);
	TAILQ_INIT(&reader->readings);
	return reader;
}

struct reader *reader_free(struct reader *reader) {
	struct reading *reading;
	struct worker *worker;

	if (!reader)
		return NULL;
	while ((reading = TAILQ_FIRST(&reader->readings)))
		free_reading(reading);
	while ((worker = LIST_FIRST(&reader->workers)))
		free_worker(worker);
	free(reader);
	return NULL;
}

struct reading *reader_read(struct reader *reader, pid_t thread, uint64_t address,
	reading_done_fn on_done, void *context) {
	struct worker *worker = find_worker(reader);
	struct reading *reading;

	if (reader->count >= READINGS_MAX || !(reading = calloc(1, sizeof(*reading))))
		return NULL;
	reading->timer = evtimer_new(reader->base, reading_on_timer, reading);
	if (!reading->timer) {
		free(reading);
		return NULL;
	}
	reading->reader = reader;
	reading->start_ms = clock_now_ms();
	reading->thread = thread;
	reading->address = address;
	reading->on_done = on_done;
	reading->context = context;
	TAILQ_INSERT_TAIL(&reader->readings, reading, link);
	reader->count++;
	if (worker)
		(void)ask(worker, reading);
	set_timer(reading, READ_MS);
	return reading;
}

void reading_cancel(struct reading *reading) {
	free_reading(reading);
}
