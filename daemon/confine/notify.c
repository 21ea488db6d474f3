/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dltest/cleanup.h>

/* Requests answered before the rest of the loop has its turn. */
#define BATCH 32

struct notify {
	int fd;
	struct event *readable;
	notify_answer_fn answer;
	void *context;
	/* As large as this kernel's, which may be newer (SECCOMP_GET_NOTIF_SIZES). */
	struct seccomp_notif *request;
	struct seccomp_notif_resp *response;
	size_t request_size, response_size;
};

/* What there is to do: POLLIN for a request, POLLHUP when no process is left under this filter. */
static short poll_events(const struct notify *notify) {
	struct pollfd poll_fd = {.fd = notify->fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) > 0 ? poll_fd.revents : 0;
}

/* Not by ioctl(), whose requests are ints with musl. */
static long ask(const struct notify *notify, unsigned long request, void *argument) {
	return syscall(SYS_ioctl, notify->fd, request, argument);
}

void notify_answer(const struct notify *notify, uint64_t id, int error) {
	memset(notify->response, 0, notify->response_size);
	notify->response->id = id;
	notify->response->error = -error;
	notify->response->flags = error ? 0 : (uint32_t)SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	/* A failure means that nobody waits for the answer any more. */
	if (ask(notify, SECCOMP_IOCTL_NOTIF_SEND, notify->response) < 0)
		return;
}

int notify_give(const struct notify *notify, uint64_t id, int fd, bool cloexec) {
	struct seccomp_notif_addfd gift = {.id = id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = (uint32_t)fd,
		.newfd_flags = cloexec ? O_CLOEXEC : 0};

	/* With its answer in one (Linux 5.14): else a signal could take the process away with a
	 * descriptor that it knows nothing of. */
	return ask(notify, SECCOMP_IOCTL_NOTIF_ADDFD, &gift) < 0 ? -errno : 0;
}

bool notify_is_waiting(const struct notify *notify, uint64_t id) {
	return ask(notify, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static void answer_one(struct notify *notify) {
	/* It must be zeroed each time (seccomp_unotify(2)). */
	memset(notify->request, 0, notify->request_size);
	/* ENOENT: the process was killed while it waited. */
	if (ask(notify, SECCOMP_IOCTL_NOTIF_RECV, notify->request) < 0)
		return;
	struct notify_request request = {
		.thread = (pid_t)notify->request->pid,
		.number = notify->request->data.nr,
		.notify = notify,
		.id = notify->request->id,
	};
	for (size_t i = 0; i < 6; i++)
		request.arguments[i] = notify->request->data.args[i];
	int error = notify->answer(notify->context, &request);
	if (error != NOTIFY_LATER)
		notify_answer(notify, request.id, error);
}

static void notify_on_readable(evutil_socket_t fd, short what, void *argument) {
	struct notify *notify = argument;
	short events = 0;

	(void)fd, (void)what;
	for (int i = 0; i < BATCH && (events = poll_events(notify)) & POLLIN; i++)
		answer_one(notify);
	/* That there is nothing is no hang-up: whoever asked may have been killed since. */
	if (!(events & POLLIN) && events & (POLLHUP | POLLERR))
		event_del(notify->readable);
}

static int allocate(struct notify *notify) {
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return -errno;
	notify->request_size = sizes.seccomp_notif;
	notify->response_size = sizes.seccomp_notif_resp;
	if (notify->request_size < sizeof(*notify->request))
		notify->request_size = sizeof(*notify->request);
	if (notify->response_size < sizeof(*notify->response))
		notify->response_size = sizeof(*notify->response);
	notify->request = malloc(notify->request_size);
	notify->response = malloc(notify->response_size);
	return notify->request && notify->response ? 0 : -ENOMEM;
}

int notify_new(struct event_base *base, int fd, notify_answer_fn answer, void *context,
	struct notify **ret_notify) {
	struct notify *notify = calloc(1, sizeof(*notify));

	if (!notify) {
		fd_close(fd);
		return -ENOMEM;
	}
	notify->fd = fd;
	notify->answer = answer;
	notify->context = context;
	int r = allocate(notify);
	if (r == 0) {
		notify->readable =
			event_new(base, fd, EV_READ | EV_PERSIST, notify_on_readable, notify);
		if (!notify->readable || event_add(notify->readable, NULL) < 0)
			r = -ENOMEM;
	}
	if (r < 0) {
		notify_free(notify);
		return r;
	}
	*ret_notify = notify;
	return 0;
}

struct notify *notify_free(struct notify *notify) {
	if (!notify)
		return NULL;
	if (notify->readable)
		event_free(notify->readable);
	fd_close(notify->fd);
	free(notify->request);
	free(notify->response);
	free(notify);
	return NULL;
}
