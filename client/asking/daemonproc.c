/* SPDX-License-Identifier: MIT */
#include "daemonproc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/descriptors.h>
#include <dltest/protocol.h>

#include "burial.h"
#include "daemonlog.h"
#include "patience.h"

/* Where descriptors are kept while 0 to 4 are being arranged. */
#define SAFE_FD	       16
#define FD_SOCKET      3
#define FD_LOCK	       4
#define FD_REPORT      5
#define VARIABLES_MAX  12
#define REPORT_STEP_MS 100
/* A process that has said its last word ends at once. */
#define END_MS 1000

/* All that the forked child needs, made before the fork. */
struct plan {
	char *program;
	char *variables[VARIABLES_MAX + 1];
	size_t count;
	char pid[32]; /* LISTEN_PID=…, written by the child */
	enum daemonlog_kind log_kind;
	int log;
	int report;
	pid_t starter;
	const struct daemonproc *daemonproc;
};

static void plan_fini(struct plan *plan) {
	free(plan->program);
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->variables[i] != plan->pid)
			free(plan->variables[i]);
	}
	plan->log = fd_close(plan->log);
}

/* The directory of this program, links resolved, so that a relocated tree works as a whole. */
static int find_program(char **ret_program) {
	static const char *const places[] = {
		"tsuku-dltestd", "../libexec/tsuku-dltestd", "../sbin/tsuku-dltestd"};
	char self[PATH_MAX];

	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length < 0)
		return -errno;
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		cleanup_free char *path = NULL;

		if (asprintf(&path, "%s/%s", self, places[i]) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (access(path, X_OK) == 0) {
			*ret_program = steal_ptr(&path);
			return 0;
		}
	}
	return -ENOENT;
}

static int add_variable(struct plan *plan, const char *name, const char *value) {
	if (!value)
		return 0;
	if (asprintf(&plan->variables[plan->count], "%s=%s", name, value) < 0)
		return -ENOMEM;
	plan->count++;
	return 0;
}

/* An allow-list: the daemon must not be what its first caller's environment made of it. */
static int make_environment(struct plan *plan, const struct daemonproc *daemonproc) {
	bool has_lock = daemonproc->lock >= 0;
	int r = add_variable(plan, "HOME", getenv("HOME"));

	if (r == 0)
		r = add_variable(plan, "TSUKU_HOME", daemonproc->home);
	if (r == 0)
		r = add_variable(plan, "PATH", "/usr/bin:/bin");
	if (r == 0)
		r = add_variable(plan, "XDG_RUNTIME_DIR", getenv("XDG_RUNTIME_DIR"));
	if (r == 0)
		r = add_variable(
			plan, "TSUKU_DLTEST_IDLE_TIMEOUT", getenv("TSUKU_DLTEST_IDLE_TIMEOUT"));
	if (r == 0)
		r = add_variable(plan, "TSUKU_DLTEST_SOCKET", daemonproc->socket);
	if (r == 0)
		r = add_variable(plan, "LISTEN_FDS", has_lock ? "2" : "1");
	if (r == 0)
		r = add_variable(plan, "LISTEN_FDNAMES",
			has_lock ? DLTEST_FDNAME_SOCKET ":" DLTEST_FDNAME_LOCK
				 : DLTEST_FDNAME_SOCKET);
	if (r == 0)
		plan->variables[plan->count++] = plan->pid;
	return r;
}

static int make_plan(struct plan *plan, const struct daemonproc *daemonproc) {
	*plan = (struct plan){.log = -1, .daemonproc = daemonproc, .starter = getpid()};
	int r = find_program(&plan->program);
	if (r == 0)
		r = make_environment(plan, daemonproc);
	if (r == 0 && daemonproc->detached)
		plan->log_kind = daemonlog_open(daemonproc->home, &plan->log);
	return r;
}

/* From here to execve(): the forked child, which only makes system calls. */

static _Noreturn void fail(int report) {
	int error = errno;

	if (write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/* fork() without the handlers of a C library that was copied in mid-air makes no difference here;
 * digits are written by hand because stdio is not for this place. */
static void write_pid(char *text, pid_t pid) {
	static const char name[] = "LISTEN_PID=";
	char digits[16];
	size_t count = 0, at = sizeof(name) - 1;

	memcpy(text, name, at);
	do
		digits[count++] = (char)('0' + pid % 10);
	while ((pid /= 10) > 0);
	while (count > 0)
		text[at++] = digits[--count];
	text[at] = '\0';
}

static int arrange_descriptors(const struct plan *plan) {
	int null = open("/dev/null", O_RDWR);
	int log = plan->log >= 0 ? plan->log : null;
	int socket_fd = fcntl(plan->daemonproc->fd, F_DUPFD, SAFE_FD);
	int lock =
		plan->daemonproc->lock >= 0 ? fcntl(plan->daemonproc->lock, F_DUPFD, SAFE_FD) : -1;
	int report = fcntl(plan->report, F_DUPFD, SAFE_FD);
	int errors = plan->daemonproc->detached ? log : plan->daemonproc->errors;

	errors = fcntl(errors, F_DUPFD, SAFE_FD);
	if (errors < 0)
		errors = fcntl(null, F_DUPFD, SAFE_FD);
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(errors, 2) < 0)
		return -1;
	if (dup2(socket_fd, FD_SOCKET) < 0 || (lock >= 0 && dup2(lock, FD_LOCK) < 0))
		return -1;
	if (lock < 0)
		close(FD_LOCK);
	if (dup2(report, FD_REPORT) < 0 || fcntl(FD_REPORT, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	dltest_descriptors_close_from(FD_REPORT + 1);
	return 0;
}

static void reset_signals(void) {
	struct sigaction fresh = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &fresh, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become_daemon(struct plan *plan) {
	static char name[] = "tsuku-dltestd", foreground[] = "--foreground",
		    level[] = "--log-level", warn[] = "warn";
	char *const detached[] = {name, foreground, NULL};
	char *const attached[] = {name, foreground, level, warn, NULL};

	if (plan->daemonproc->detached) {
		/* Out of the session, and then no leader of one: never again a terminal. */
		if (setsid() < 0)
			fail(plan->report);
		if (plan->log_kind == DAEMONLOG_WRITER)
			plan->log = daemonlog_start_writer(plan->daemonproc->home);
		pid_t pid = fork();
		if (pid < 0)
			fail(plan->report);
		if (pid > 0)
			_exit(0);
	} else if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != plan->starter) {
		_exit(0);
	}
	if (arrange_descriptors(plan) < 0)
		fail(plan->report);
	reset_signals();
	umask(077);
	if (chdir("/") < 0)
		fail(FD_REPORT);
	write_pid(plan->pid, getpid());
	execve(plan->program, plan->daemonproc->detached ? detached : attached, plan->variables);
	fail(FD_REPORT);
}

/* Nothing comes, and the pipe ends, when the program was executed and a process between it and this
 * one has ended. Both can take their time: at a file system, or where the machine is busy. */
static int read_report(int fd, const struct daemonproc *daemonproc) {
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	int error = 0;
	ssize_t length;
	int r;

	while ((r = poll(&poll_fd, 1,
			(int)deadline_left_ms(&daemonproc->deadline, REPORT_STEP_MS))) <= 0) {
		/* What cannot be waited for is not heard. */
		if ((r < 0 && errno != EINTR) || deadline_has_passed(&daemonproc->deadline) ||
			patience_has_ended(daemonproc->patience))
			return -ETIMEDOUT;
	}

	do
		length = read(fd, &error, sizeof(error));
	while (length < 0 && errno == EINTR);
	return length == sizeof(error) ? -error : 0;
}

pid_t daemonproc_start(const struct daemonproc *daemonproc) {
	__attribute__((cleanup(plan_fini))) struct plan plan;
	int report[2];

	int r = make_plan(&plan, daemonproc);
	if (r < 0)
		return r;
	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	cleanup_fd int read_end = report[0];
	plan.report = report[1];
	pid_t pid = fork();
	if (pid == 0)
		become_daemon(&plan);
	r = pid < 0 ? -errno : 0;
	fd_close(report[1]);
	if (r < 0)
		return r;
	r = read_report(read_end, daemonproc);
	/* Who has not come so far is not waited for. */
	if (r == -ETIMEDOUT && !daemonproc->detached)
		kill(pid, SIGKILL);
	else if (r != -ETIMEDOUT && (r < 0 || daemonproc->detached))
		burial_wait(pid, END_MS, &daemonproc->deadline);
	return r < 0 ? r : pid;
}
