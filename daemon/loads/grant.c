/* SPDX-License-Identifier: MIT */
#include "grant.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <dltest/cleanup.h>

#include "attempt.h"
#include "childproc.h"
#include "clock.h"
#include "denial.h"
#include "load.h"
#include "loader_abi.h"
#include "notify.h"
#include "reader.h"

/* What is kept of one load's refused system calls, and how many it may make. */
#define DENIED_MAX  32
#define DENIALS_MAX 1000
#define REFUSED_MAX 4
/* Signals that a process may send to itself, and how many more a second: runtimes of languages stop
 * their threads with some. Each costs as much as a refusal. */
#define OWN_SIGNALS_MAX	     4000
#define OWN_SIGNALS_A_SECOND 100

/* Anonymous files that a load may make: each is as large as the limit of a file's size lets it be
 * (dltest/standing.h), and need not be seen in what the load has mapped. */
#define FILES_MAX 16

/* A path that was not read in this time lies where nobody can read it. */
#define SLOW_MS 40

/* A refused system call whose path is being read. */
struct refusal {
	LIST_ENTRY(refusal) link;
	struct grant *grant;
	struct notify_request request;
	struct reading *reading;
	uint64_t start_ms;
};

static struct load *find_load_of(const struct grant *grant, pid_t process) {
	struct load *load;

	LIST_FOREACH (load, grant->loads, link) {
		if (load->pid == process)
			return load;
	}
	return NULL;
}

static struct load *load_of_thread(const struct grant *grant, pid_t thread) {
	struct load *load = find_load_of(grant, thread);

	if (load)
		return load;
	LIST_FOREACH (load, grant->loads, link) {
		/* The child may be one of whom nobody has asked yet. */
		load_learn_pid(load);
		if (load->pid > 0 && childproc_has_thread(load->pid, thread))
			return load;
	}
	return NULL;
}

static bool is_fork(const struct notify_request *request) {
	const uint32_t optional = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;

#ifdef SYS_fork
	if (request->number == SYS_fork)
		return true;
#endif
	return request->number == SYS_clone &&
	       ((uint32_t)request->arguments[0] & ~optional) == SIGCHLD;
}

/* Whether it is a signal of a process to itself, as abort() and raise() send it. */
static bool is_own_signal(const struct notify_request *request) {
	pid_t target = (pid_t)request->arguments[0];

	if (request->number == SYS_tkill)
		return target == request->thread;
	if (request->number != SYS_kill && request->number != SYS_tgkill)
		return false;
	return target > 0 &&
	       (target == request->thread || childproc_has_thread(target, request->thread));
}

/* Keeps what was tried by 'request', about the path of 'length' bytes. What there is no memory for
 * is not recorded; refused it is all the same. */
static void keep(
	const struct notify_request *request, struct load *load, const char *path, size_t length) {
	char text[400];

	denial_describe(request, path, length, text, sizeof(text));
	(void)strv_make_last(&load->refused, text, REFUSED_MAX);
	load->refused_us = clock_now_us();
	if (load->denied.count < DENIED_MAX)
		(void)strv_add_once(&load->denied, text);
}

/* Gives the process what it wanted to open, if that is the one thing that all may write to: opened
 * here, so that it makes no difference what has become of the path since. */
static bool give_null(const struct notify_request *request, const char *path, size_t length) {
	static const char null[] = "/dev/null";
	int flags;

	if (!denial_is_open(request, &flags) || length != strlen(null) ||
		memcmp(path, null, length) != 0 || flags & (O_EXCL | O_DIRECTORY | O_PATH))
		return false;
	cleanup_fd int fd = open(null, (flags & (O_ACCMODE | O_NONBLOCK | O_APPEND)) | O_CLOEXEC);
	return fd >= 0 && notify_give(request->notify, request->id, fd, flags & O_CLOEXEC) == 0;
}

static void free_refusal(struct refusal *refusal) {
	LIST_REMOVE(refusal, link);
	free(refusal);
}

/* The process waits until its path has been read: afterwards it may be gone. */
static void refusal_on_read(void *context, const char *path, size_t length) {
	struct refusal *refusal = context;
	const struct notify_request *request = &refusal->request;
	struct load *load = load_of_thread(refusal->grant, request->thread);

	/* Else what was read may be another process's, which got the number. */
	if (!notify_is_waiting(request->notify, request->id))
		load = NULL;
	if (load && length == 0 && clock_now_ms() - refusal->start_ms >= SLOW_MS)
		load->unreadable = true;
	if (!load || !give_null(request, path, length)) {
		if (load)
			keep(request, load, path, length);
		notify_answer(request->notify, request->id, denial_errno(request));
	}
	free_refusal(refusal);
}

/* Has the path of 'request' read, and the process wait for that. False if that is not to be had. */
static bool read_path(struct grant *grant, const struct notify_request *request) {
	uint64_t address;

	if (!grant->reader || !denial_has_path(request, &address))
		return false;
	struct refusal *refusal = calloc(1, sizeof(*refusal));
	if (!refusal)
		return false;
	refusal->grant = grant;
	refusal->request = *request;
	refusal->start_ms = clock_now_ms();
	refusal->reading =
		reader_read(grant->reader, request->thread, address, refusal_on_read, refusal);
	if (!refusal->reading) {
		free(refusal);
		return false;
	}
	LIST_INSERT_HEAD(&grant->refusals, refusal, link);
	return true;
}

void grant_fini(struct grant *grant) {
	struct refusal *refusal;

	while ((refusal = LIST_FIRST(&grant->refusals))) {
		reading_cancel(refusal->reading);
		free_refusal(refusal);
	}
}

/* Returns the answer to 'request', which is refused. */
static int record(struct grant *grant, const struct notify_request *request) {
	struct load *load = load_of_thread(grant, request->thread);
	int flags;

	if (++*(load ? &load->denials : &grant->denials) > DENIALS_MAX)
		grant->on_flood(grant->context, load);
	else if (load) {
		bool is_wanted = load->denied.count < DENIED_MAX || denial_is_open(request, &flags);

		if (is_wanted && !load->unreadable && read_path(grant, request))
			return NOTIFY_LATER;
		keep(request, load, NULL, 0);
	}
	return denial_errno(request);
}

/* Whether it makes an anonymous file, as it may so many times: of no huge pages, and to be seen by
 * nobody else. */
static bool may_make_file(struct grant *grant, const struct notify_request *request) {
	const uint32_t harmless = MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x8 | 0x10; /* MFD_NOEXEC_SEAL,
										 * MFD_EXEC */
	struct load *load;

	if (request->number != SYS_memfd_create || (uint32_t)request->arguments[1] & ~harmless)
		return false;
	load = load_of_thread(grant, request->thread);
	return load && load->files < FILES_MAX && ++load->files;
}

/* Whether it has sent itself no more signals than any honest code; if it has, it is ended. */
static bool may_signal_itself(struct grant *grant, const struct notify_request *request) {
	struct load *load = load_of_thread(grant, request->thread);
	uint64_t seconds = load ? load_elapsed_us(load) / 1000000 : 0;

	if (++*(load ? &load->own_signals : &grant->own_signals) <=
		OWN_SIGNALS_MAX + OWN_SIGNALS_A_SECOND * seconds)
		return true;
	grant->on_flood(grant->context, load);
	return false;
}

/* Whether it is a child that is to trace, and has executed nothing yet. Nothing but the loader has
 * run in it, and what it executes, it does under the same filter. */
static bool is_due_to_execute(struct grant *grant, pid_t thread) {
	struct load *load = load_of_thread(grant, thread);

	if (!load || !load->trace || load->executed || load->pid != thread)
		return false;
	load->executed = true;
	return true;
}

/* Whether it is a child that is to explain its load, before that: it takes more from itself. */
static bool is_due_to_filter(struct grant *grant, const struct notify_request *request) {
	struct load *load = load_of_thread(grant, request->thread);

	if (!load || !load->attempt || !(load->attempt->flags & LOADER_JOB_EXPLAIN) ||
		load->filtered || load->pid != request->thread)
		return false;
	load->filtered = true;
	return request->arguments[0] == SECCOMP_SET_MODE_FILTER && request->arguments[1] == 0 &&
	       request->arguments[3] == LOADER_TRAP_TOKEN;
}

int grant_answer(void *context, const struct notify_request *request) {
	struct grant *grant = context;
	bool is_zygote = request->thread == grant->zygote;

	if (is_zygote && request->number == SYS_execve && !grant->executed) {
		grant->executed = true;
		return 0;
	}
	if (is_zygote && grant->executed && grant->forks_due > 0 && is_fork(request)) {
		grant->forks_due--;
		return 0;
	}
	if (request->number == SYS_execve && is_due_to_execute(grant, request->thread))
		return 0;
	if (request->number == SYS_seccomp && is_due_to_filter(grant, request))
		return 0;
	if (is_own_signal(request) && may_signal_itself(grant, request))
		return 0;
	if (may_make_file(grant, request))
		return 0;
	/* Before it was executed it is our own code, testing the sandbox. */
	return grant->executed ? record(grant, request) : denial_errno(request);
}
