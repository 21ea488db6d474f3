/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The daemon's end of a filter that asks (seccomp_unotify(2), Linux 5.0; answers that let a
 * system call go on: 5.5). Runs in the daemon's loop. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct event_base;
struct notify;

/* A system call that waits for an answer. */
struct notify_request {
	pid_t thread; /* that made it; as gettid(2) gives it */
	int number;
	uint64_t arguments[6];
	const struct notify *notify;
	uint64_t id;
};

/* Judges a request: 0 lets the system call go on, NOTIFY_LATER has it wait, anything else is the
 * errno that it fails with. To go on is safe only if all that was judged is in registers. */
typedef int (*notify_answer_fn)(void *context, const struct notify_request *request);

/* Has 'answer' judge the requests of the listener 'fd', which is taken over in any case.
 * notify_free() frees *ret_notify. Returns 0 or -errno. */
int notify_new(struct event_base *base, int fd, notify_answer_fn answer, void *context,
	struct notify **ret_notify);

/* Closes the listener and frees 'notify'; NULL is nothing. System calls that still wait fail with
 * ENOSYS. Returns NULL. */
struct notify *notify_free(struct notify *notify);

/* The answer that a notify_answer_fn gives for one that comes later, by notify_answer(). */
#define NOTIFY_LATER (-1)

/* Answers the request 'id' as a notify_answer_fn does; nothing happens if nobody waits for that any
 * more. */
void notify_answer(const struct notify *notify, uint64_t id, int error);

/* Answers the request 'id' with a descriptor of its own for what 'fd' is, close-on-exec if
 * 'cloexec' (SECCOMP_ADDFD_FLAG_SEND, Linux 5.14). Returns 0, or -errno, and then the request still
 * waits. 'fd' stays the caller's. */
int notify_give(const struct notify *notify, uint64_t id, int fd, bool cloexec);

/* True if the process that made the request 'id' still waits for the answer, and is still the same.
 */
bool notify_is_waiting(const struct notify *notify, uint64_t id);
