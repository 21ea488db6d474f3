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

#include "attempt.h"
#include "childproc.h"
#include "clock.h"
#include "judgement.h"
#include "loader_abi.h"
#include "ownpipe.h"
#include "request.h"
#include "reserve.h"
#include "trace.h"
#include "verdict.h"

/* When a load is first looked at. Of 3,000 libraries of Debian 12 one in a hundred took this long.
 */
#define SLOW_MS 50
/* How long a killed child may take to be gone. Longer only in uninterruptible sleep (a dead
 * network file system), or because its zygote does not do its part. */
#define GRACE_MS 2000
/* How often that is put off while child or zygote only wait for a processor. */
#define GRACES_MAX 10
/* How soon something is tried again: to find a child, or a descriptor to look at it with. */
#define AGAIN_MS 20
/* How long nothing need be heard of a child while its zygote could do its part; ten times as long
 * while that waits for a processor. */
#define UNHEARD_MAX_MS 2000
/* Looks in a row that may see nothing: 10 s. */
#define BLIND_MAX 500
#define ASK_MS	  100 /* for a child to say what it is at */
DEFINE_CLEANUP(struct load *, load_free);

/* One of its own: what a library sets of it (F_SETFL) would hold for all that come. */
static int open_sink(int *ret_output) {
	*ret_output = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* Where there is none, there is nothing to be set. */
	return *ret_output < 0 && errno != ENOENT ? -errno : 0;
}

static int open_output(
	struct load *load, struct event_base *base, enum load_kind kind, int *ret_output) {
	int output[2];

	if (kind == LOAD_PLAIN)
		return open_sink(ret_output);
	/* Non-blocking at both ends: a library that prints more than the pipe holds must not stop
	 * for a reader who looks only when it has ended. The dynamic linker has to wait. */
	int r = ownpipe_open(output, O_CLOEXEC | (kind == LOAD_TRACING ? 0 : O_NONBLOCK));
	if (r < 0)
		return r;
	load->output = output[0];
	*ret_output = output[1];
	return kind == LOAD_TRACING ? trace_new(base, load->output, &load->trace) : 0;
}

static void load_on_timer(evutil_socket_t fd, short what, void *argument);

int load_new(struct event_base *base, enum load_kind kind, const struct load_events *events,
	struct load **ret_load, int ret_ends[2]) {
	CLEANUP(load_free_p) struct load *load = calloc(1, sizeof(*load));
	cleanup_fd int output = -1;
	int channel[2];

	if (!load)
		return -ENOMEM;
	load->events = events;
	load->channel = load->output = load->processor = -1;
	load->timer = evtimer_new(base, load_on_timer, load);
	if (!load->timer)
		return -ENOMEM;
	int r = open_output(load, base, kind, &output);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0)
		return -errno;
	load->channel = channel[0];
	ret_ends[0] = channel[1];
	ret_ends[1] = steal_fd(&output);
	*ret_load = steal_ptr(&load);
	return 0;
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
	strv_fini(&load->refused);
	free(load);
	return NULL;
}

static void set_timer(struct load *load, unsigned ms) {
	struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(load->timer, &delay);
}

/* Whether its process id is known. */
static bool learn_pid(struct load *load) {
	struct loader_hello hello;

	if (load->pid > 0)
		return true;
	ssize_t length = recv(load->channel, &hello, sizeof(hello), MSG_DONTWAIT | MSG_PEEK);
	if (length < 0 && errno == ECONNRESET)
		load->died_before_job = true; /* it is said once */
	if (length != sizeof(hello) || hello.magic != LOADER_MAGIC_HELLO || hello.pid <= 1)
		return false;
	/* Out of the way of the reports. */
	if (recv(load->channel, &hello, sizeof(hello), MSG_DONTWAIT) == sizeof(hello))
		load->pid = hello.pid;
	return load->pid > 0;
}

static int kill_process(struct load *load) {
	reserve_lend(load->events->reserve);
	int r = childproc_kill(load->pid, load->parent);
	reserve_refill(load->events->reserve);
	return r;
}

static void kill_known(struct load *load) {
	load->is_killed = kill_process(load) != -EAGAIN;
	set_timer(load, load->is_killed ? GRACE_MS : AGAIN_MS);
}

static void begin_grace(struct load *load) {
	load->grace_end_ms = clock_now_ms() + GRACE_MS;
}

void load_learn_pid(struct load *load) {
	if (load->pid > 0 || !learn_pid(load) || load->state != LOAD_ENDING)
		return;
	begin_grace(load);
	kill_known(load);
}

static void kill_or_look_again(struct load *load) {
	if (load->pid > 0)
		kill_known(load);
	else
		load_learn_pid(load);
	if (load->pid <= 0)
		set_timer(load, AGAIN_MS);
}

/* Also one that was found to have ended gets its time to be told of. */
static void begin_to_end(struct load *load) {
	load->state = LOAD_ENDING;
	begin_grace(load);
	kill_or_look_again(load);
}

/* Where the processors are busy, it takes a while to end, and to tell of it. Of one that has not
 * said yet who it is nobody knows whether it waits for a processor; if it was given up, nobody
 * waits for it either, and other loads of its zygote are worth more than to be rid of it. */
static bool is_only_slow_to_end(struct load *load) {
	bool is_awaited = load->attempt || load->pid > 0;

	return load->graces < GRACES_MAX && (!is_awaited || childproc_is_runnable(load->pid) ||
						    childproc_is_runnable(load->parent));
}

static void kill_again_or_give_up(struct load *load) {
	uint64_t now_ms = clock_now_ms();

	if (now_ms < load->grace_end_ms && !load->is_killed) {
		kill_or_look_again(load);
	} else if (now_ms < load->grace_end_ms) {
		/* The loop's clock is coarser. */
		set_timer(load, (unsigned)(load->grace_end_ms - now_ms));
	} else if (is_only_slow_to_end(load)) {
		load->graces++;
		begin_grace(load);
		set_timer(load, load->pid > 0 ? GRACE_MS : AGAIN_MS);
	} else {
		load->events->on_stuck(load->events->context, load);
	}
}

bool load_is_at_work(const struct load *load) {
	return load->state == LOAD_RUNNING || load->state == LOAD_SLOW;
}

void load_kill(struct load *load, enum judgement_cause cause) {
	if (!load_is_at_work(load))
		return;
	load->cause = cause;
	begin_to_end(load);
	load->events->on_place(load->events->context, load);
}

static int signal_process(struct load *load, int signal) {
	reserve_lend(load->events->reserve);
	int r = childproc_signal(load->pid, load->parent, signal);
	reserve_refill(load->events->reserve);
	return r;
}

/* Its time is over: it is asked where it is before it is killed, which takes no time of others. */
static void ask_or_kill(struct load *load) {
	int r = load->trace ? -ENOSYS : signal_process(load, LOADER_SIGNAL_HANG);

	if (r < 0) {
		load_kill(load, JUDGEMENT_CAUSE_DEADLINE);
		return;
	}
	load->cause = JUDGEMENT_CAUSE_DEADLINE;
	load->state = LOAD_ENDING;
	begin_grace(load);
	set_timer(load, ASK_MS);
	load->events->on_place(load->events->context, load);
}

bool load_forget(struct load *load) {
	bool was_at_work = load_is_at_work(load);

	if (load->attempt)
		load->attempt->load = NULL;
	load->attempt = NULL;
	if (was_at_work)
		begin_to_end(load);
	return was_at_work;
}

static void begin_watch(struct load *load, unsigned first_look_ms) {
	watch_begin(&load->watch, load->events->processors, load->events->reserve, load->timeout_ms,
		first_look_ms);
	set_timer(load, first_look_ms);
}

/* The time of a child that is not there yet has not begun. It is not made if its zygote does not do
 * its part; one that only waits for a processor will, but not for ever. */
static void wait_for_hello(struct load *load) {
	load->unheard_ms += childproc_is_runnable(load->parent) ? AGAIN_MS / 10 : AGAIN_MS;
	if (load->unheard_ms >= UNHEARD_MAX_MS) {
		load_kill(load, JUDGEMENT_CAUSE_UNHEARD);
		return;
	}
	/* Others need not wait for it. */
	load->events->on_looked(load->events->context, load);
	begin_watch(load, AGAIN_MS);
}

static void go_on(struct load *load) {
	bool was_slow = load->state == LOAD_SLOW;

	load->state = LOAD_SLOW;
	load->blind_looks = 0;
	if (!was_slow)
		load->events->on_slow(load->events->context, load);
	load->events->on_looked(load->events->context, load);
	set_timer(load, watch_plan(&load->watch));
}

static void look(struct load *load) {
	const struct watch_child child = {
		.pid = load->pid,
		.parent = load->parent,
		.processor = load->processor,
		/* A trace waits for the daemon to read it. */
		.asked = load->denials + load->own_signals + (load->trace ? load->watch.looks : 0),
	};

	switch (watch_look(&load->watch, &child)) {
	case WATCH_GOES_ON:
		go_on(load);
		return;
	case WATCH_OVER:
		ask_or_kill(load);
		return;
	case WATCH_TOO_LARGE:
		load_kill(load, JUDGEMENT_CAUSE_MEMORY);
		return;
	case WATCH_TOO_MANY:
		load_kill(load, JUDGEMENT_CAUSE_THREADS);
		return;
	case WATCH_ENDED:
		/* Its end will be told of; if not, the loader has failed and not the library. */
		load_kill(load, JUDGEMENT_CAUSE_UNHEARD);
		return;
	case WATCH_BLIND:
		if (++load->blind_looks < BLIND_MAX)
			set_timer(load, AGAIN_MS);
		else
			load_kill(load, JUDGEMENT_CAUSE_UNHEARD);
		return;
	}
}

static void load_on_timer(evutil_socket_t fd, short what, void *argument) {
	struct load *load = argument;

	(void)fd, (void)what;
	switch (load->state) {
	case LOAD_RUNNING:
	case LOAD_SLOW:
		if (learn_pid(load))
			look(load);
		else
			wait_for_hello(load);
		return;
	case LOAD_ENDING:
		kill_again_or_give_up(load);
		return;
	case LOAD_SPARE:
	case LOAD_LOST:
		return;
	}
}

void load_lose(struct load *load) {
	if (learn_pid(load))
		kill_process(load);
	load->state = LOAD_LOST;
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
		load->died_before_job = true;
	return !load->died_before_job;
}

bool load_lacked_room(struct load *load, int wait_status) {
	return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == LOADER_EXIT_NO_ROOM &&
	       (load->state == LOAD_SPARE || !load_took_job(load));
}

int load_assign(struct load *load, struct attempt *attempt) {
	int r = attempt_send(attempt, load->channel);

	if (r < 0)
		return r;
	load->attempt = attempt;
	load->timeout_ms = attempt->timeout_ms;
	load->start_us = clock_now_us();
	load->state = LOAD_RUNNING;
	attempt->load = load;
	begin_watch(load, load->timeout_ms < SLOW_MS ? load->timeout_ms : SLOW_MS);
	return 0;
}

uint64_t load_elapsed_us(const struct load *load) {
	return clock_now_us() - load->start_us;
}

uint64_t load_own_us(const struct load *load) {
	return watch_own_us(&load->watch, clock_now_us());
}
