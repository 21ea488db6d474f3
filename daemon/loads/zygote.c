/* SPDX-License-Identifier: MIT */
#include "zygote.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "confine.h"
#include "fdpass.h"
#include "gift.h"
#include "grant.h"
#include "loader_abi.h"
#include "log.h"
#include "notify.h"
#include "sandbox.h"
#include "scarce.h"
#include "selftest.h"

/* Events taken from the control socket at a time, and how often before others have their turn, or
 * when there is no later. An honest loader says less than one batch can hold. */
#define BATCH	      64
#define BATCHES_MAX   4
#define LAST_READ_MAX 64

struct zygote {
	const struct zygote_config *config;
	pid_t pid; /* 0 once its end is known */
	int control;
	struct event *readable;
	/* True: its filter asks the daemon. What others are given from now on is another matter. */
	bool asks;
	/* Keeps a place in the descriptor table for its listener; -1 once that may have come. */
	int seat;
	struct notify *notify; /* NULL until its listener came, and where there is none */
	struct grant grant;
	int failed_step; /* of its confinement (enum confine_step); -1: none */
	bool listened;	 /* true: it told of its listener */
	bool ready;	 /* true: it said that it reads commands */
	bool broken;	 /* true: nothing is to be made in it any more */
	char complaint[160];
	int error; /* the errno it broke for; 0: it was none */
	uint32_t next_id;
	struct load_list loads;
	struct zygote *next; /* in whatever list it is */
	/* A part of an event that came without the rest. */
	char partial[sizeof(struct loader_event)];
	size_t partial_size;
};

DEFINE_CLEANUP(struct load *, load_free);
DEFINE_CLEANUP(struct zygote *, zygote_free);

static struct load *find_load(struct zygote *zygote, uint32_t id) {
	struct load *load;

	LIST_FOREACH (load, &zygote->loads, link) {
		if (load->id == id)
			return load;
	}
	return NULL;
}

static void drop_load(struct load *load) {
	LIST_REMOVE(load, link);
	load_free(load);
}

/* 'error' is the errno that it breaks for, 0 if that is none. */
static void set_broken_for(struct zygote *zygote, int error, const char *complaint) {
	if (zygote->broken)
		return;
	zygote->broken = true;
	if (!zygote->error)
		zygote->error = error;
	if (!zygote->complaint[0])
		snprintf(zygote->complaint, sizeof(zygote->complaint), "%s", complaint);
	event_del(zygote->readable);
	if (zygote->pid > 0)
		kill(zygote->pid, SIGKILL);
	log_debug("loader %d: %s", (int)zygote->pid, zygote->complaint);
	zygote->config->on_broken(zygote->config->context, zygote);
}

static void set_broken(struct zygote *zygote, const char *complaint) {
	set_broken_for(zygote, 0, complaint);
}

static void on_exited(struct zygote *zygote, const struct loader_event *event) {
	struct load *load = find_load(zygote, event->id);

	if (!load) {
		set_broken(zygote, "told of the end of a process that it was not asked for");
		return;
	}
	const struct load_exit exit = {event->value, event->cpu_us};
	zygote->config->on_load_end(zygote->config->context, load, &exit);
	drop_load(load);
}

static void on_not_forked(struct zygote *zygote, const struct loader_event *event) {
	struct load *load = find_load(zygote, event->id);

	if (!load) {
		set_broken(zygote, "told of a process that it was not asked for");
		return;
	}
	zygote->config->on_not_forked(zygote->config->context, load, event->value);
	drop_load(load);
}

/* Breaks the zygote if what was said is 'nonsense': what comes before the loader runs comes once,
 * and not when it runs already. Returns whether the zygote is broken. */
static bool is_broken_by(struct zygote *zygote, bool nonsense) {
	if (nonsense)
		set_broken(zygote, "said something again, or too late");
	return zygote->broken;
}

static void on_ready(struct zygote *zygote, const struct loader_event *event) {
	if (is_broken_by(zygote, zygote->ready))
		return;
	if (event->value == LOADER_ABI_VERSION)
		zygote->ready = true;
	else
		set_broken(zygote, "the loader is of another version than the daemon");
}

static void on_failed(struct zygote *zygote, const struct loader_event *event) {
	const char *act = selftest_name((unsigned)event->value);

	if (is_broken_by(zygote, zygote->ready || zygote->failed_step >= 0))
		return;
	zygote->failed_step = (int)event->id;
	if (event->id == CONFINE_STEP_SELF_TEST)
		snprintf(zygote->complaint, sizeof(zygote->complaint),
			"the sandbox does not hold: a process in it could %s", act ? act : "?");
	else {
		zygote->error = event->value;
		snprintf(zygote->complaint, sizeof(zygote->complaint), "%s failed: %s",
			confine_step_name(event->id), strerror(event->value));
	}
	if (!scarce_is_meant_by(zygote->error))
		log_error("cannot start the loader: %s", zygote->complaint);
}

/* Its table is new: what it cannot hold, it never can, which is no want of room. */
static void on_no_setup(struct zygote *zygote, const struct loader_event *event) {
	if (is_broken_by(zygote, zygote->ready))
		return;
	snprintf(zygote->complaint, sizeof(zygote->complaint), "reading its set-up failed: %s",
		strerror(event->value));
	set_broken_for(zygote, event->value == EMFILE ? 0 : event->value, "");
}

static void take_event(struct zygote *zygote, const struct loader_event *event) {
	switch (event->kind) {
	case LOADER_EVENT_READY:
		on_ready(zygote, event);
		break;
	case LOADER_EVENT_NOT_FORKED:
		on_not_forked(zygote, event);
		break;
	case LOADER_EVENT_EXITED:
		on_exited(zygote, event);
		break;
	case LOADER_EVENT_FAILED:
		on_failed(zygote, event);
		break;
	case LOADER_EVENT_LISTENER:
		/* What came with it has been taken. */
		if (!is_broken_by(zygote, zygote->ready || zygote->listened))
			zygote->listened = true;
		break;
	case LOADER_EVENT_NO_SETUP:
		on_no_setup(zygote, event);
		break;
	case LOADER_EVENT_CHECK:
		if (!is_broken_by(zygote, zygote->ready || !zygote->config->on_check))
			zygote->config->on_check(zygote->config->context, event->id, event->value);
		break;
	default:
		set_broken(zygote, "said something that makes no sense");
	}
}

/* 'load' asks too often, or with NULL the zygote itself does. */
static void zygote_on_flood(void *context, struct load *load) {
	if (load)
		load_kill(load, JUDGEMENT_CAUSE_FLOOD);
	else
		set_broken(context, "the loader keeps trying what it may not");
}

static void take_listener(struct zygote *zygote, int listener) {
	int r = notify_new(
		zygote->config->base, listener, grant_answer, &zygote->grant, &zygote->notify);

	if (r < 0)
		set_broken_for(zygote, -r, strerror(-r));
}

/* As recv(), and takes the listener when it comes: once, before anything foreign can have run.
 * Later descriptors are dropped by the kernel. */
static ssize_t receive(struct zygote *zygote, void *buffer, size_t size) {
	bool expected = zygote->asks && !zygote->notify, truncated;
	int listener = -1;

	/* Where there is no place left, the kernel drops what comes. */
	if (expected)
		zygote->seat = fd_close(zygote->seat);
	ssize_t length = fdpass_receive(
		zygote->control, buffer, size, expected ? &listener : NULL, &truncated);
	if (length > 0 && listener >= 0)
		take_listener(zygote, listener);
	else if (length > 0 && expected && truncated)
		set_broken_for(zygote, EMFILE, "there is no descriptor left to watch it");
	return length;
}

/* Nothing was read, for 'error', an errno; 0: that was the end. */
static void take_silence(struct zygote *zygote, int error) {
	if (error == EAGAIN || error == EINTR)
		return;
	/* It ended without having read all that it was told. */
	if (error == 0 || error == ECONNRESET)
		set_broken(zygote, "the loader ended unexpectedly");
	else
		set_broken_for(zygote, error, "the loader cannot be heard");
}

/* Returns 1 when there may be more to read, 0 when not. */
static int read_batch(struct zygote *zygote) {
	char buffer[BATCH * sizeof(struct loader_event)];
	struct loader_event event;

	memcpy(buffer, zygote->partial, zygote->partial_size);
	ssize_t length = receive(
		zygote, buffer + zygote->partial_size, sizeof(buffer) - zygote->partial_size);
	if (length <= 0) {
		take_silence(zygote, (int)-length);
		return 0;
	}
	size_t filled = zygote->partial_size + (size_t)length, used = 0;
	for (; filled - used >= sizeof(event) && !zygote->broken; used += sizeof(event)) {
		memcpy(&event, buffer + used, sizeof(event));
		take_event(zygote, &event);
	}
	zygote->partial_size = zygote->broken ? 0 : filled - used;
	memcpy(zygote->partial, buffer + used, zygote->partial_size);
	return filled == sizeof(buffer);
}

/* A hostile loader can go on for ever. */
static void read_events(struct zygote *zygote, int batches_max) {
	for (int i = 0; i < batches_max && !zygote->broken && read_batch(zygote) > 0; i++)
		continue;
}

static void zygote_on_readable(evutil_socket_t fd, short what, void *argument) {
	struct zygote *zygote = argument;

	(void)fd, (void)what;
	read_events(zygote, BATCHES_MAX);
}

static int start(const struct zygote_config *config, const struct loadenv *env,
	enum confine_purpose purpose, struct zygote **ret_zygote) {
	CLEANUP(zygote_free_p) struct zygote *zygote = calloc(1, sizeof(*zygote));
	int control[2];

	if (!zygote)
		return -ENOMEM;
	zygote->control = zygote->seat = -1;
	LIST_INIT(&zygote->loads);
	zygote->config = config;
	zygote->failed_step = -1;
	zygote->grant = (struct grant){.loads = &zygote->loads,
		.reader = config->reader,
		.on_flood = zygote_on_flood,
		.context = zygote};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0)
		return -errno;
	zygote->control = control[0];
	cleanup_fd int theirs = control[1];
	zygote->asks = config->sandbox->notify;
	if (zygote->asks) {
		zygote->seat = fcntl(zygote->control, F_DUPFD_CLOEXEC, 0);
		if (zygote->seat < 0)
			return -errno;
	}
	zygote->readable = event_new(
		config->base, zygote->control, EV_READ | EV_PERSIST, zygote_on_readable, zygote);
	if (!zygote->readable || event_add(zygote->readable, NULL) < 0)
		return -ENOMEM;

	struct confine_plan plan = {
		.standin = config->standin,
		.sandbox = config->sandbox,
		.env = env,
		.control = theirs,
		.purpose = purpose,
	};
	pid_t pid = confine_spawn(&plan);
	if (pid < 0)
		return pid;
	zygote->pid = zygote->grant.zygote = pid;
	log_debug("loader %d: started", (int)pid);
	*ret_zygote = steal_ptr(&zygote);
	return 0;
}

int zygote_start(
	const struct zygote_config *config, const struct loadenv *env, struct zygote **ret_zygote) {
	return start(config, env, CONFINE_TO_LOAD, ret_zygote);
}

int zygote_check(
	const struct zygote_config *config, const struct loadenv *env, struct zygote **ret_zygote) {
	return start(config, env, CONFINE_TO_CHECK, ret_zygote);
}

int zygote_error(const struct zygote *zygote) {
	return zygote->error;
}

int zygote_failed_step(const struct zygote *zygote) {
	return zygote->failed_step;
}

bool zygote_is_heard(const struct zygote *zygote) {
	return zygote->notify != NULL;
}

struct zygote *zygote_free(struct zygote *zygote) {
	struct load *load;

	if (!zygote)
		return NULL;
	/* Its children die with it, and are reaped by the daemon (PR_SET_CHILD_SUBREAPER). */
	if (zygote->pid > 0)
		kill(zygote->pid, SIGKILL);
	while ((load = LIST_FIRST(&zygote->loads)))
		drop_load(load);
	grant_fini(&zygote->grant);
	notify_free(zygote->notify);
	if (zygote->readable)
		event_free(zygote->readable);
	fd_close(zygote->seat);
	fd_close(zygote->control);
	free(zygote);
	return NULL;
}

pid_t zygote_pid(const struct zygote *zygote) {
	return zygote->pid;
}

bool zygote_is_broken(const struct zygote *zygote) {
	return zygote->broken;
}

const char *zygote_complaint(const struct zygote *zygote) {
	return zygote->complaint[0] ? zygote->complaint : NULL;
}

void zygote_on_exit(struct zygote *zygote, int wait_status) {
	struct load *load;
	char text[80];

	/* Its number may be somebody else's from now on. */
	zygote->pid = 0;
	/* Whatever it said before it ended. */
	read_events(zygote, LAST_READ_MAX);
	if (WIFSIGNALED(wait_status))
		snprintf(text, sizeof(text), "the loader was ended by signal %d",
			WTERMSIG(wait_status));
	else
		snprintf(text, sizeof(text), "the loader ended with status %d",
			WEXITSTATUS(wait_status));
	LIST_FOREACH (load, &zygote->loads, link)
		load->parent = 0;
	set_broken(zygote, text);
}

static int send_fork(struct zygote *zygote, const struct load *load, int cpu, const int ends[2],
	const struct gift *gift) {
	const struct loader_command command = {gift	     ? LOADER_COMMAND_HOST
					       : load->trace ? LOADER_COMMAND_TRACE
							     : LOADER_COMMAND_FORK,
		load->id, cpu, 0};
	int fds[FDPASS_MAX] = {ends[0], ends[1]};
	size_t count = ends[1] < 0 ? 1 : 2;

	for (size_t i = 0; gift && i < gift->count; i++)
		fds[count++] = gift->fds[i];
	ssize_t sent = fdpass_send(zygote->control, &command, sizeof(command), fds, count);
	if (sent < 0)
		return (int)sent;
	return sent == sizeof(command) ? 0 : -EMSGSIZE;
}

int zygote_fork(struct zygote *zygote, enum load_kind kind, int cpu, const struct gift *gift,
	struct load **ret_load) {
	CLEANUP(load_free_p) struct load *load = NULL;
	int ends[2] = {-1, -1};

	int r = load_new(zygote->config->base, kind, &zygote->config->loads, &load, ends);
	if (r < 0)
		return r;
	load->zygote = zygote;
	load->parent = zygote->pid;
	load->id = ++zygote->next_id;
	r = send_fork(zygote, load, cpu, ends, gift);
	fd_close(ends[0]);
	fd_close(ends[1]);
	if (r < 0)
		return r;
	zygote->grant.forks_due++;
	LIST_INSERT_HEAD(&zygote->loads, load, link);
	*ret_load = steal_ptr(&load);
	return 0;
}

struct load *zygote_first_load(const struct zygote *zygote) {
	return LIST_FIRST(&zygote->loads);
}

struct zygote *zygote_next(const struct zygote *zygote) {
	return zygote->next;
}

void zygote_set_next(struct zygote *zygote, struct zygote *next) {
	zygote->next = next;
}
