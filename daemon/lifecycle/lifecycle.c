/* SPDX-License-Identifier: MIT */
#include "lifecycle.h"

#include <dltest/sockpath.h>
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "activation.h"
#include "activity.h"
#include "clock.h"
#include "sight.h"

#define TICK_S 5

/* A program file as it was when the daemon started. */
struct program {
	char path[PATH_MAX];
	struct stat status;
	bool known;
};

struct lifecycle {
	const struct lifecycle_config *config;
	struct event *tick;
	struct event *idle;
	struct event *watchdog;
	struct program daemon, loader;
	bool retired;
};

static void remember_program(struct program *program) {
	program->known = program->path[0] && sight_stat(NULL, program->path, &program->status) == 0;
}

static bool was_replaced(const struct program *program) {
	struct stat now;

	if (!program->known)
		return false;
	/* Gone for a moment only, in the course of an upgrade, or for good: it must not go on. */
	int r = sight_stat(NULL, program->path, &now);
	if (r < 0)
		return r == -ENOENT;
	return now.st_dev != program->status.st_dev || now.st_ino != program->status.st_ino ||
	       now.st_mtim.tv_sec != program->status.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != program->status.st_mtim.tv_nsec;
}

static bool lost_socket(const struct lifecycle *lifecycle) {
	dev_t dev;
	ino_t ino;

	if (!lifecycle->config->sockpath || !sight_reaches(lifecycle->config->sockpath->path))
		return false;
	if (dltest_sockpath_identity(lifecycle->config->sockpath, &dev, &ino) < 0)
		return true;
	return dev != lifecycle->config->socket_dev || ino != lifecycle->config->socket_ino;
}

static void retire(struct lifecycle *lifecycle, const char *why) {
	if (lifecycle->retired)
		return;
	lifecycle->retired = true;
	lifecycle->config->on_retire(lifecycle->config->context, why);
}

void lifecycle_check(struct lifecycle *lifecycle) {
	if (was_replaced(&lifecycle->daemon) || was_replaced(&lifecycle->loader))
		retire(lifecycle, "its program was removed or replaced");
}

static void lifecycle_on_tick(evutil_socket_t fd, short what, void *argument) {
	struct lifecycle *lifecycle = argument;

	(void)fd, (void)what;
	lifecycle_check(lifecycle);
	if (lost_socket(lifecycle))
		retire(lifecycle, "its socket was removed or replaced");
	lifecycle->config->on_tick(lifecycle->config->context);
}

static void set_idle_timer(struct lifecycle *lifecycle, uint64_t ms) {
	struct timeval delay = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (long)(ms % 1000 * 1000)};

	event_add(lifecycle->idle, &delay);
}

static void lifecycle_on_idle(evutil_socket_t fd, short what, void *argument) {
	struct lifecycle *lifecycle = argument;
	const struct lifecycle_config *config = lifecycle->config;
	uint64_t quiet = clock_now_ms() - config->activity->active_ms;

	(void)fd, (void)what;
	if (config->activity->calls > 0)
		set_idle_timer(lifecycle, config->idle_ms);
	else if (quiet < config->idle_ms)
		set_idle_timer(lifecycle, config->idle_ms - quiet);
	else {
		/* Stays armed: somebody may have come in the last moment. */
		set_idle_timer(lifecycle, config->idle_ms);
		config->on_idle(config->context);
	}
}

static void lifecycle_on_watchdog(evutil_socket_t fd, short what, void *argument) {
	(void)fd, (void)what, (void)argument;
	activation_notify("WATCHDOG=1");
}

static int start_timers(struct lifecycle *lifecycle) {
	const struct lifecycle_config *config = lifecycle->config;
	const struct timeval tick = {.tv_sec = TICK_S};
	uint64_t watchdog_us = activation_watchdog_us() / 2;

	lifecycle->tick = event_new(config->base, -1, EV_PERSIST, lifecycle_on_tick, lifecycle);
	lifecycle->idle = evtimer_new(config->base, lifecycle_on_idle, lifecycle);
	lifecycle->watchdog =
		event_new(config->base, -1, EV_PERSIST, lifecycle_on_watchdog, lifecycle);
	if (!lifecycle->tick || !lifecycle->idle || !lifecycle->watchdog)
		return -ENOMEM;
	if (event_add(lifecycle->tick, &tick) < 0)
		return -ENOMEM;
	if (config->idle_ms > 0)
		set_idle_timer(lifecycle, config->idle_ms);
	if (watchdog_us > 0) {
		struct timeval interval = {.tv_sec = (time_t)(watchdog_us / 1000000),
			.tv_usec = (long)(watchdog_us % 1000000)};
		event_add(lifecycle->watchdog, &interval);
	}
	return 0;
}

int lifecycle_new(const struct lifecycle_config *config, struct lifecycle **ret_lifecycle) {
	struct lifecycle *lifecycle = calloc(1, sizeof(*lifecycle));

	if (!lifecycle)
		return -ENOMEM;
	lifecycle->config = config;
	ssize_t length = readlink(
		"/proc/self/exe", lifecycle->daemon.path, sizeof(lifecycle->daemon.path) - 1);
	if (length > 0)
		lifecycle->daemon.path[length] = '\0';
	remember_program(&lifecycle->daemon);
	if (strlen(config->loader) < sizeof(lifecycle->loader.path))
		memcpy(lifecycle->loader.path, config->loader, strlen(config->loader) + 1);
	remember_program(&lifecycle->loader);
	int r = start_timers(lifecycle);
	if (r < 0) {
		lifecycle_free(lifecycle);
		return r;
	}
	*ret_lifecycle = lifecycle;
	return 0;
}

struct lifecycle *lifecycle_free(struct lifecycle *lifecycle) {
	if (!lifecycle)
		return NULL;
	if (lifecycle->tick)
		event_free(lifecycle->tick);
	if (lifecycle->idle)
		event_free(lifecycle->idle);
	if (lifecycle->watchdog)
		event_free(lifecycle->watchdog);
	free(lifecycle);
	return NULL;
}
