/* SPDX-License-Identifier: MIT */
#include "hostfinder.h"

#include <dltest/cleanup.h>
#include <errno.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "clock.h"
#include "hostmessage.h"
#include "hostprocess.h"
#include "lookerproc.h"

/* Processes at a time: one that works, and those that do not answer. */
#define PROCESSES_MAX 3
/* How long a process may wait for what does not come until nobody waits for it any more. While it
 * works, or waits for a processor, it has HOSTPROCESS_LATEST_MS. */
#define ANSWER_MS 5000
#define TICK_MS	  50
#define IDLE_MS	  30000

struct process {
	LIST_ENTRY(process) link; /* hostfinder.processes */
	struct hostfinder *finder;
	pid_t pid;
	int fd;
	struct event *readable;
	struct hostasking *asking; /* that it works for; NULL: for nobody */
	uint32_t number;	   /* of its last question */
	bool is_busy;		   /* that question has no answer */
	uint64_t since_ms;	   /* of its last question or answer */
};

struct hostasking {
	TAILQ_ENTRY(hostasking) link; /* hostfinder.askings */
	struct hostfinder *finder;
	struct process *process; /* that works for it; NULL: it waits for one, or is done */
	uint32_t number;
	struct hostmessage message;
	hostasking_done_fn on_done;
	void *context;
	struct event *done;
	bool is_done;
	struct hostfinding finding;
};

struct hostfinder {
	struct event_base *base;
	LIST_HEAD(, process) processes;
	TAILQ_HEAD(, hostasking) askings;
	struct event *tick;
	uint32_t last_number;
};

/* Whoever has asked is told of 'finding', which is the asking's from now on; NULL is none. */
static void settle(struct hostasking *asking, struct hostfinding *finding) {
	if (asking->process)
		asking->process->asking = NULL;
	asking->process = NULL;
	asking->is_done = true;
	if (finding)
		asking->finding = *finding;
	event_active(asking->done, 0, 0);
}

static void free_process(struct process *process) {
	if (process->asking)
		settle(process->asking, NULL);
	LIST_REMOVE(process, link);
	if (process->readable)
		event_free(process->readable);
	fd_close(process->fd);
	free(process);
}

static bool give(struct process *process, struct hostasking *asking) {
	if (send(process->fd, asking->message.bytes, asking->message.size,
		    MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return false;
	process->is_busy = true;
	process->number = asking->number;
	process->since_ms = clock_now_ms();
	process->asking = asking;
	asking->process = process;
	return true;
}

static void read_answer(struct process *process, void *bytes) {
	struct hostfinding finding;
	uint32_t number;

	ssize_t length = recv(process->fd, bytes, HOSTMESSAGE_MAX, MSG_DONTWAIT);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0 || hostmessage_to_finding(bytes, (size_t)length, &number, &finding) < 0 ||
		number != process->number) {
		free_process(process);
		return;
	}
	process->is_busy = false;
	process->since_ms = clock_now_ms();
	if (process->asking)
		settle(process->asking, &finding);
	else
		hostfinding_fini(&finding);
}

static void give_all(struct hostfinder *finder);

static void process_on_readable(evutil_socket_t fd, short what, void *argument) {
	struct process *process = argument;
	struct hostfinder *finder = process->finder;
	cleanup_free void *bytes = malloc(HOSTMESSAGE_MAX);

	(void)fd, (void)what;
	if (bytes)
		read_answer(process, bytes);
	else
		free_process(process);
	give_all(finder);
}

static struct process *start_process(struct hostfinder *finder) {
	struct process *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->finder = finder;
	process->since_ms = clock_now_ms();
	LIST_INSERT_HEAD(&finder->processes, process, link);
	process->fd = lookerproc_start(HOSTPROCESS_ARGUMENT, &process->pid);
	if (process->fd >= 0)
		process->readable = event_new(finder->base, process->fd, EV_READ | EV_PERSIST,
			process_on_readable, process);
	if (!process->readable || event_add(process->readable, NULL) < 0) {
		free_process(process);
		return NULL;
	}
	return process;
}

/* Sets *ret_process to a process with nothing to do, or to NULL. Returns false if none will come.
 */
static bool find_process(struct hostfinder *finder, struct process **ret_process) {
	struct process *process;
	size_t count = 0;
	bool works = false;

	*ret_process = NULL;
	LIST_FOREACH (process, &finder->processes, link) {
		count++;
		if (!process->is_busy) {
			*ret_process = process;
			return true;
		}
		works = works || process->asking;
	}
	/* One after the other: what the next one would read, this one is reading. */
	if (works)
		return true;
	if (count < PROCESSES_MAX)
		*ret_process = start_process(finder);
	return *ret_process != NULL;
}

/* Gives what waits to a process, or settles it where there is none to be had. */
static void give_all(struct hostfinder *finder) {
	struct hostasking *asking;
	struct process *process;

	TAILQ_FOREACH (asking, &finder->askings, link) {
		if (asking->is_done || asking->process)
			continue;
		if (!find_process(finder, &process))
			settle(asking, NULL);
		else if (!process)
			return;
		else if (!give(process, asking)) {
			free_process(process);
			settle(asking, NULL);
		}
	}
}

/* Whether nobody is to wait for it any longer. What is behind it begins to count when its turn
 * comes: a thousand plugins are asked about together, and an answer depends on none of the others.
 */
static bool is_late(const struct process *process, uint64_t now_ms) {
	uint64_t waited_ms = now_ms - process->since_ms;

	return process->asking && waited_ms >= ANSWER_MS &&
	       (waited_ms >= HOSTPROCESS_LATEST_MS || !lookerproc_is_runnable(process->pid));
}

static void set_tick(struct hostfinder *finder) {
	static const struct timeval tick = {.tv_usec = TICK_MS * 1000};

	event_add(finder->tick, &tick);
}

static void hostfinder_on_tick(evutil_socket_t fd, short what, void *argument) {
	struct hostfinder *finder = argument;
	uint64_t now_ms = clock_now_ms();
	struct process *process;

	(void)fd, (void)what;
	LIST_FOREACH (process, &finder->processes, link) {
		if (is_late(process, now_ms))
			settle(process->asking, NULL);
	}
	give_all(finder);
	if (!TAILQ_EMPTY(&finder->askings))
		set_tick(finder);
}

static void free_asking(struct hostasking *asking) {
	if (asking->process)
		asking->process->asking = NULL;
	TAILQ_REMOVE(&asking->finder->askings, asking, link);
	event_free(asking->done);
	free(asking->message.bytes);
	free(asking);
}

static void asking_on_done(evutil_socket_t fd, short what, void *argument) {
	struct hostasking *asking = argument;
	hostasking_done_fn on_done = asking->on_done;
	void *context = asking->context;
	struct hostfinding finding = asking->finding;

	(void)fd, (void)what;
	free_asking(asking);
	on_done(context, &finding);
}

struct hostfinder *hostfinder_new(struct event_base *base) {
	struct hostfinder *finder = calloc(1, sizeof(*finder));

	if (!finder)
		return NULL;
	finder->base = base;
	LIST_INIT(&finder->processes);
	TAILQ_INIT(&finder->askings);
	finder->tick = evtimer_new(base, hostfinder_on_tick, finder);
	return finder->tick ? finder : hostfinder_free(finder);
}

struct hostfinder *hostfinder_free(struct hostfinder *finder) {
	struct hostasking *asking;
	struct process *process;

	if (!finder)
		return NULL;
	while ((asking = TAILQ_FIRST(&finder->askings)))
		hostfinder_forget(finder, asking);
	while ((process = LIST_FIRST(&finder->processes)))
		free_process(process);
	if (finder->tick)
		event_free(finder->tick);
	free(finder);
	return NULL;
}

int hostfinder_ask(struct hostfinder *finder, const struct hostquery *query,
	hostasking_done_fn on_done, void *context, struct hostasking **ret_asking) {
	struct hostasking *asking = calloc(1, sizeof(*asking));

	if (!asking)
		return -ENOMEM;
	asking->finder = finder;
	asking->on_done = on_done;
	asking->context = context;
	asking->number = ++finder->last_number;
	asking->done = event_new(finder->base, -1, 0, asking_on_done, asking);
	if (!asking->done || hostmessage_from_query(asking->number, query, &asking->message) < 0) {
		if (asking->done)
			event_free(asking->done);
		free(asking);
		return -ENOMEM;
	}
	TAILQ_INSERT_TAIL(&finder->askings, asking, link);
	give_all(finder);
	set_tick(finder);
	*ret_asking = asking;
	return 0;
}

void hostfinder_forget(struct hostfinder *finder, struct hostasking *asking) {
	(void)finder;
	hostfinding_fini(&asking->finding);
	free_asking(asking);
}

void hostfinder_trim(struct hostfinder *finder) {
	uint64_t now_ms = clock_now_ms();
	struct process *process, *next;

	for (process = LIST_FIRST(&finder->processes); process; process = next) {
		next = LIST_NEXT(process, link);
		if (!process->is_busy && now_ms - process->since_ms >= IDLE_MS)
			free_process(process);
	}
}
