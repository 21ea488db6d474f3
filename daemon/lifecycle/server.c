/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <dltest/sockpath.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>
#include <dltest/standing.h>

#include "activation.h"
#include "activity.h"
#include "amount.h"
#include "clock.h"
#include "heap.h"
#include "hostfinder.h"
#include "keeper.h"
#include "lifecycle.h"
#include "loaders.h"
#include "log.h"
#include "lookers.h"
#include "loop.h"
#include "memory.h"
#include "method.h"
#include "options.h"
#include "peers.h"
#include "policy.h"
#include "sandbox.h"
#include "schedule.h"
#include "sockets.h"

/* How long calls may take to be answered once the daemon is to end. */
#define DRAIN_S 20
/* Descriptors that loads, lookers and the daemon itself have at most, and more. */
#define LOAD_DESCRIPTORS 512

enum {
	SIGNAL_CHILD,
	SIGNAL_TERM,
	SIGNAL_INT,
	SIGNAL_HANGUP,
	SIGNAL_COUNT
};

struct server {
	const struct server_config *config;
	struct event_base *base;
	struct sandbox sandbox;
	struct memory *memory;
	struct lookers *lookers;
	struct hostfinder *hostfinder;
	struct schedule *schedule;
	struct keeper *keeper; /* NULL without a home, and where nobody can say what keys it */
	struct activity activity;
	struct method_context methods;
	struct event *signals[SIGNAL_COUNT];
	struct event *sweep;
	struct event *drain; /* begins to end, outside of whoever wants that */
	struct event *drain_deadline;
	const char *why; /* the daemon is to end */
	struct sockets sockets;
	struct peers *peers;
	struct lifecycle_config lifecycle_config;
	struct lifecycle *lifecycle;
	bool private; /* true: serves one inherited connection, and ends with it */
};

DEFINE_CLEANUP(struct server *, server_free);

/* The one reason to end that somebody's coming is one against. */
static const char nothing_to_do[] = "nothing to do";

/* Frees the connections that are over, and ends the loop when that was what it waited for. Who
 * comes beyond what there is room for waits in the backlog. */
static void server_on_sweep(evutil_socket_t fd, short what, void *argument) {
	struct server *server = argument;

	(void)fd, (void)what;
	peers_sweep(server->peers);
	if (!peers_is_full(server->peers))
		sockets_resume(&server->sockets);
	if ((server->activity.draining && !peers_is_busy(server->peers)) ||
		(server->private && peers_is_empty(server->peers)))
		event_base_loopexit(server->base, NULL);
}

static void server_on_sweep_due(void *context) {
	struct server *server = context;

	event_active(server->sweep, 0, 0);
}

static void server_on_accept(void *context, int fd) {
	struct server *server = context;

	server->activity.active_ms = clock_now_ms();
	(void)peers_add(server->peers, fd);
	if (peers_is_full(server->peers)) {
		sockets_pause(&server->sockets);
		event_active(server->sweep, 0, 0);
	}
	lifecycle_check(server->lifecycle);
}

static void drain(struct server *server, const char *why) {
	const struct timeval deadline = {.tv_sec = DRAIN_S};

	if (server->activity.draining)
		return;
	log_info("ending: %s", why);
	activation_notify("STOPPING=1");
	server->activity.draining = true;
	sockets_fini(&server->sockets);
	peers_drain(server->peers);
	event_add(server->drain_deadline, &deadline);
	event_active(server->sweep, 0, 0);
}

/* Whether somebody comes in the last moment at which that can be. */
static bool somebody_comes(struct server *server) {
	size_t clients = server->activity.clients;

	sockets_accept_last(&server->sockets);
	return server->activity.clients != clients;
}

static void server_on_drain(evutil_socket_t fd, short what, void *argument) {
	struct server *server = argument;

	(void)fd, (void)what;
	bool stays = server->why == nothing_to_do && somebody_comes(server);
	/* That somebody has come can have shown another reason. */
	if (stays && server->why == nothing_to_do)
		server->why = NULL;
	if (server->why)
		drain(server, server->why);
}

static void drain_soon(struct server *server, const char *why) {
	if (!server->why || server->why == nothing_to_do)
		server->why = why;
	event_active(server->drain, 0, 0);
}

static void server_on_drain_deadline(evutil_socket_t fd, short what, void *argument) {
	struct server *server = argument;

	(void)fd, (void)what;
	log_warn("ending with calls unanswered");
	event_base_loopexit(server->base, NULL);
}

static void server_on_idle(void *context) {
	drain_soon(context, nothing_to_do);
}

static void server_on_retire(void *context, const char *why) {
	drain_soon(context, why);
}

static void server_on_tick(void *context) {
	struct server *server = context;

	schedule_trim(server->schedule);
	lookers_trim(server->lookers);
	hostfinder_trim(server->hostfinder);
	/* Lists of thousands of symbols that went out with results leave much behind. */
	if (server->activity.calls == 0)
		heap_trim();
	/* Not while there is work: it takes a moment. */
	if (server->keeper && server->activity.calls == 0)
		keeper_save(server->keeper);
}

static void server_on_stop(void *context) {
	drain_soon(context, "asked to");
}

static void server_on_signal(evutil_socket_t number, short what, void *argument) {
	(void)what;
	drain(argument, number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "SIGHUP");
}

/* Ends 'pid', which somebody has stopped, if it is an orphan of a loader's that was stopped before
 * it could bind its life to the loader's: it would stay as it is for good. It is still in the
 * loader's session; our own children are in ours, or lead one. */
static void end_orphan(pid_t pid) {
	pid_t session = getsid(pid);

	if (session > 0 && session != pid && session != getsid(0))
		kill(pid, SIGKILL);
}

static void server_on_child(evutil_socket_t number, short what, void *argument) {
	struct server *server = argument;
	int status;
	pid_t pid;

	(void)number, (void)what;
	/* Also orphans of a loader that died: they are given to us (PR_SET_CHILD_SUBREAPER). */
	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (WIFSTOPPED(status))
			end_orphan(pid);
		else
			schedule_on_child(server->schedule, pid, status);
	}
}

static bool is_ignored(int number) {
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int add_signals(struct server *server) {
	static const int numbers[SIGNAL_COUNT] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	static const event_callback_fn callbacks[SIGNAL_COUNT] = {
		server_on_child, server_on_signal, server_on_signal, server_on_signal};

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		/* nohup(1) stays. */
		if (i == SIGNAL_HANGUP && is_ignored(numbers[i]))
			continue;
		server->signals[i] = evsignal_new(server->base, numbers[i], callbacks[i], server);
		if (!server->signals[i] || event_add(server->signals[i], NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int make_events(struct server *server) {
	server->sweep = event_new(server->base, -1, 0, server_on_sweep, server);
	server->drain = event_new(server->base, -1, 0, server_on_drain, server);
	server->drain_deadline = evtimer_new(server->base, server_on_drain_deadline, server);
	if (!server->sweep || !server->drain || !server->drain_deadline)
		return -ENOMEM;
	return add_signals(server);
}

static int make_schedule(struct server *server) {
	const struct schedule_config config = {
		.base = server->base,
		.memory = server->memory,
		.lookers = server->lookers,
		.hostfinder = server->hostfinder,
		.sandbox = &server->sandbox,
		.loaders = server->config->loaders,
		.standin = server->config->standin,
		.home = server->config->home,
		.user_homes = server->config->user_homes,
		.parallel = server->config->options->jobs,
	};

	return schedule_new(&config, &server->schedule);
}

/* The connections on which nothing is said take no descriptor that a load could want. */
static size_t find_most_silent(void) {
	const rlim_t others = DLTEST_CONNECTIONS_MAX + LOAD_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= others)
		return 0;
	return (size_t)amount_min(limit.rlim_cur - others, DLTEST_CONNECTIONS_SILENT_MAX);
}

static int make_service(struct server *server) {
	const struct dltest_sockpath *sockpath = server->config->sockpath;
	uint64_t now_ms = clock_now_ms();

	server->activity = (struct activity){.active_ms = now_ms};
	server->methods = (struct method_context){
		.schedule = server->schedule,
		.activity = &server->activity,
		.likeness = server->config->likeness,
		.private = server->private,
		.socket = sockpath && !server->private ? sockpath->path : NULL,
		.start_ms = now_ms,
	};
	const struct peers_config peers = {
		.base = server->base,
		.methods = &server->methods,
		.activity = &server->activity,
		.most = DLTEST_CONNECTIONS_MAX,
		.most_silent = find_most_silent(),
		.on_sweep_due = server_on_sweep_due,
		.on_stop = server_on_stop,
		.context = server,
	};
	return peers_new(&peers, &server->peers);
}

static int make_parts(struct server *server) {
	const struct options *options = server->config->options;

	heap_set_up();
	int r = sandbox_init(&server->sandbox, &options->pretence);
	if (r < 0)
		return r;
	if (options->allow_unconfined)
		sandbox_allow_unconfined(&server->sandbox);
	r = loop_new(&server->base);
	if (r < 0)
		return r;
	server->memory = memory_new();
	if (!server->memory)
		return -ENOMEM;
	server->lookers = lookers_new(server->base);
	server->hostfinder = hostfinder_new(server->base);
	if (!server->lookers || !server->hostfinder)
		return -ENOMEM;
	r = make_schedule(server);
	if (r == 0)
		r = make_service(server);
	return r < 0 ? r : make_events(server);
}

static int open_sockets(struct server *server) {
	struct activation *activation = server->config->activation;
	const struct sockets_config config = {
		.base = server->base,
		.activation = activation,
		.sockpath = server->config->sockpath,
		.on_accept = server_on_accept,
		.context = server,
	};

	int r = sockets_open(&config, &server->sockets);
	if (r < 0 || activation->connection < 0)
		return r;
	return peers_add(server->peers, steal_fd(&activation->connection));
}

static int start_lifecycle(struct server *server) {
	server->lifecycle_config = (struct lifecycle_config){
		.base = server->base,
		.activity = &server->activity,
		.sockpath = server->sockets.sockpath,
		.socket_dev = server->sockets.dev,
		.socket_ino = server->sockets.ino,
		.loader = server->config->loaders->own->program,
		/* A private daemon lives as long as its connection. */
		.idle_ms = server->private ? 0 : server->config->options->idle_ms,
		.on_idle = server_on_idle,
		.on_retire = server_on_retire,
		.on_tick = server_on_tick,
		.context = server,
	};
	return lifecycle_new(&server->lifecycle_config, &server->lifecycle);
}

static int start_keeper(struct server *server) {
	const enum dltest_standing_kind kind = server->config->standing->kind;
	cleanup_free char *policy = policy_describe(&server->sandbox, server->config->standing);
	struct keeper_config config = {
		.memory = server->memory,
		.policy = policy,
		.loader = server->config->loaders->own->program,
		.home = server->config->home,
		.guest = server->private,
		.stranger = server->private && kind == DLTEST_STANDING_OTHER,
	};

	if (!config.home || kind == DLTEST_STANDING_APART)
		return 0;
	return policy ? keeper_new(&config, &server->keeper) : -ENOMEM;
}

int server_new(const struct server_config *config, struct server **ret_server) {
	CLEANUP(server_free_p) struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return -ENOMEM;
	server->config = config;
	server->sockets.lock = -1;
	server->private =
		config->activation->connection >= 0 && config->activation->listeners_count == 0;
	int r = make_parts(server);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return r;
	}
	r = open_sockets(server);
	if (r == 0)
		r = start_keeper(server);
	if (r == 0)
		r = start_lifecycle(server);
	if (r < 0)
		return r;
	*ret_server = steal_ptr(&server);
	return 0;
}

static void log_lacks(const struct server *server) {
	struct sandbox_lack lacks[SANDBOX_LACKS_MAX];
	size_t count = sandbox_lacks(&server->sandbox, lacks);

	for (size_t i = 0; i < count; i++)
		log_warn("%s: %s; %s", lacks[i].what, lacks[i].why, lacks[i].remedy);
}

int server_run(struct server *server) {
	log_lacks(server);
	activation_notify("READY=1\nSTATUS=Waiting for libraries to load");
	log_debug("ready");
	if (event_base_dispatch(server->base) < 0)
		return -EIO;
	return 0;
}

struct server *server_free(struct server *server) {
	if (!server)
		return NULL;
	sockets_fini(&server->sockets);
	if (server->peers)
		peers_close(server->peers);
	lifecycle_free(server->lifecycle);
	if (server->keeper && server->memory)
		keeper_save(server->keeper);
	keeper_free(server->keeper);
	schedule_free(server->schedule);
	lookers_free(server->lookers);
	hostfinder_free(server->hostfinder);
	memory_free(server->memory);
	sandbox_fini(&server->sandbox);
	peers_free(server->peers);
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		if (server->signals[i])
			event_free(server->signals[i]);
	}
	if (server->sweep)
		event_free(server->sweep);
	if (server->drain)
		event_free(server->drain);
	if (server->drain_deadline)
		event_free(server->drain_deadline);
	if (server->base)
		event_base_free(server->base);
	free(server);
	return NULL;
}
