/* SPDX-License-Identifier: MIT */
#include "autostart.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/standing.h>

#include "connection.h"
#include "daemonproc.h"
#include "errand.h"
#include "patience.h"
#include "place.h"
#include "reach.h"

/* How long to wait for a place in the queue of a daemon. Less than a look may take. */
#define CONNECT_MS 1500
/* How long another client or an ending daemon may hold the lock without a daemon to be seen. */
#define LOCKED_MS 2000
#define STEP_MS	  5

/* Of a private daemon without a home: nothing is below it, and nobody waits there. */
#define NO_HOME "/dev/null"

DEFINE_CLEANUP(struct errand *, errand_free);

/* What an errand says of a step: no errno, and no descriptor. */
#define STEP INT_MIN

/* What is done here, or by an errand, which tells of each step: it is given up after the last one.
 */
struct task {
	const struct autostart *autostart;
	const struct dltest_sockpath *sockpath;
	int (*run)(const struct task *task);
	int errand; /* socket of it; -1: there is none */
};

static void tell_of_step(const struct task *task) {
	static const int step = STEP;

	if (task->errand >= 0)
		errand_say(task->errand, &step, sizeof(step), -1);
}

static void run_errand(int socket, const void *context) {
	struct task task = *(const struct task *)context;

	task.errand = socket;
	const int r = task.run(&task);
	errand_say(socket, &r, sizeof(r), r > 0 ? r : -1);
}

/* Returns what the errand says, with its descriptor in the place of that. */
static int send_out(const struct task *task) {
	CLEANUP(errand_free_p) struct errand *errand = NULL;
	struct reach *reach = task->autostart->reach;
	struct stat status;
	int said = STEP, fd = -1;

	if (reach_is_dead(reach, task->sockpath->path))
		return -ETIMEDOUT;
	int r = errand_start(run_errand, task, &errand);
	if (r < 0)
		return r;
	while (said == STEP) {
		unsigned ms =
			deadline_left_ms(&task->autostart->deadline, reach_patience_ms(reach));
		ssize_t length = errand_receive(errand, ms, &said, sizeof(said), &fd);

		/* Be it that the place does not answer, or that the daemon is slow to start. */
		if (length == -ETIMEDOUT && !deadline_has_passed(&task->autostart->deadline))
			reach_stat(reach, task->sockpath->dir, &status);
		if (length != sizeof(said))
			return length < 0 ? (int)length : -EIO;
	}
	return said > 0 ? fd : said;
}

/* Returns what 'run' does: a descriptor, 0 or -errno. */
static int do_task(const struct autostart *autostart, int (*run)(const struct task *task)) {
	const struct task task = {
		.autostart = autostart,
		.sockpath = &autostart->place->sockpath,
		.run = run,
		.errand = -1,
	};

	if (autostart->place->error)
		return autostart->place->error;
	return autostart->place->is_certain ? run(&task) : send_out(&task);
}

/* A daemon that just ended its life may still answer for a moment; one that is not there does not.
 * A full backlog is no sign of absence. */
static bool is_nobody(int error) {
	return error == -ENOENT || error == -ECONNREFUSED;
}

/* Returns a connected socket or -errno. */
static int connect_to(const struct task *task) {
	int r = dltest_sockpath_connect(
		task->sockpath, deadline_left_ms(&task->autostart->deadline, CONNECT_MS));

	tell_of_step(task);
	return r;
}

/* A process that does not stand as others do starts no daemon for them. One that runs already may
 * stand as it does, and says if not. */
static int connect_as_other(const struct task *task, enum dltest_standing_kind kind) {
	return kind == DLTEST_STANDING_APART ? -EPERM : connect_to(task);
}

/* With the lock held and nobody there: the socket first, so that the daemon is ready as soon as
 * it is started, and every other client already queues. */
static int start_locked(const struct task *task, int lock) {
	const struct autostart *autostart = task->autostart;
	dev_t dev;
	ino_t ino;
	cleanup_fd int listening = dltest_sockpath_listen(task->sockpath, &dev, &ino);

	if (listening < 0)
		return listening;
	tell_of_step(task);
	struct daemonproc daemonproc = {
		.home = autostart->home,
		.socket = task->sockpath->path,
		.fd = listening,
		.lock = lock,
		.errors = -1,
		.detached = true,
		.deadline = autostart->deadline,
		.patience = autostart->patience,
	};
	pid_t pid = daemonproc_start(&daemonproc);
	/* One that is slow to start still has the socket, and the lock. */
	if (pid < 0 && pid != -ETIMEDOUT)
		dltest_sockpath_remove(task->sockpath, dev, ino);
	return pid < 0 ? pid : connect_to(task);
}

/* Returns a connected socket or -errno. */
static int connect_or_start(const struct task *task) {
	const struct deadline *deadline = &task->autostart->deadline;
	struct dltest_standing standing;
	uint64_t start = deadline_now_ms();

	dltest_standing_take(&standing);
	if (standing.kind != DLTEST_STANDING_USUAL)
		return connect_as_other(task, standing.kind);

	for (;;) {
		int fd = connect_to(task);
		if (!is_nobody(fd))
			return fd;
		int trusted = dltest_sockpath_check(task->sockpath);
		if (trusted < 0)
			return trusted;
		cleanup_fd int lock = dltest_sockpath_lock(task->sockpath);
		if (lock >= 0) {
			/* Somebody may have been faster between the two. */
			fd = connect_to(task);
			return is_nobody(fd) ? start_locked(task, lock) : fd;
		}
		if (lock != -EWOULDBLOCK || deadline_now_ms() - start > LOCKED_MS ||
			deadline_has_passed(deadline))
			return lock;
		deadline_pause(deadline, STEP_MS);
	}
}

static int check(const struct task *task) {
	return dltest_sockpath_check(task->sockpath);
}

int autostart_check(const struct autostart *autostart) {
	return do_task(autostart, check);
}

static int make_connection(
	const struct autostart *autostart, int fd, struct connection **ret_connection) {
	const struct connection_config config = {
		.fd = fd,
		.errors = -1,
		.deadline = autostart->deadline,
		.patience = autostart->patience,
	};

	return fd < 0 ? fd : connection_new(&config, ret_connection);
}

int autostart_connect(const struct autostart *autostart, struct connection **ret_connection) {
	return make_connection(autostart, do_task(autostart, connect_to), ret_connection);
}

int autostart_connect_or_start(
	const struct autostart *autostart, struct connection **ret_connection) {
	return make_connection(autostart, do_task(autostart, connect_or_start), ret_connection);
}

/* With its own end of a pipe for what it has to say, which it never waits for. */
static int start_private(const struct autostart *autostart, int fd, int *ret_errors) {
	int pipes[2];
	bool has_home = !autostart->home || !reach_is_dead(autostart->reach, autostart->home);

	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	cleanup_fd int ours = pipes[0], theirs = pipes[1];
	struct daemonproc daemonproc = {
		.home = has_home ? autostart->home : NO_HOME,
		.fd = fd,
		.lock = -1,
		.errors = theirs,
		.deadline = autostart->deadline,
		.patience = autostart->patience,
	};
	pid_t pid = daemonproc_start(&daemonproc);
	if (pid >= 0)
		*ret_errors = steal_fd(&ours);
	return pid;
}

int autostart_private(const struct autostart *autostart, struct connection **ret_connection) {
	int pair[2], errors = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	cleanup_fd int ours = pair[0], theirs = pair[1];
	pid_t pid = start_private(autostart, theirs, &errors);
	if (pid < 0)
		return pid;
	const struct connection_config config = {
		.fd = steal_fd(&ours),
		.daemon = pid,
		.errors = errors,
		.complaints = autostart->complaints,
		.deadline = autostart->deadline,
		.patience = autostart->patience,
	};
	return connection_new(&config, ret_connection);
}
