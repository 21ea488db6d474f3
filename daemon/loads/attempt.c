/* SPDX-License-Identifier: MIT */
#include "attempt.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "envs.h"
#include "loadenv.h"
#include "loader_abi.h"
#include "loaders.h"
#include "request.h"

/* The head, the path, and the further ones. */
#define PARTS_MAX (2 + LOADER_PRELOAD_MAX)

/* A job as it is put together. The texts stay where they are. */
struct message {
	struct loader_job head;
	struct iovec parts[PARTS_MAX];
	uint16_t count;
	bool overfull; /* true: not all paths are in it */
};

/* The job's path, then its preloads. */
static void put(struct message *message, const char *path) {
	size_t size = strlen(path) + 1;

	if (message->count == PARTS_MAX || size > LOADER_JOB_TEXT_MAX - message->head.text_size) {
		message->overfull = true;
		return;
	}
	message->parts[message->count++] = (struct iovec){(void *)(uintptr_t)path, size};
	message->head.text_size += (uint32_t)size;
	message->head.preload_count = (uint32_t)message->count - 2;
}

static void put_all(struct message *message, const struct strv *paths) {
	for (size_t i = 0; i < paths->count; i++)
		put(message, paths->items[i]);
}

static void put_load(struct message *message, const struct attempt *attempt) {
	const struct request *request = attempt->question->request;

	message->head.flags = attempt->flags | (request->lazy ? LOADER_JOB_LAZY : 0) |
			      (request->dry_run ? LOADER_JOB_DRY_RUN : LOADER_JOB_FACTS) |
			      (request->details ? LOADER_JOB_LATENT : 0);
	message->head.companions = (uint32_t)attempt->companions;
	put(message, attempt->path);
	if (attempt->preload)
		put_all(message, attempt->preload);
	if (!(attempt->flags & LOADER_JOB_SURVEY))
		put_all(message, &request->preload);
}

static const char *linker_of(const struct attempt *attempt) {
	return attempt->env->loadenv->loader->linker;
}

static void put_trace(struct message *message, const struct attempt *attempt) {
	const struct request *request = attempt->question->request;

	message->head.flags = request->lazy ? LOADER_JOB_LAZY : 0;
	put(message, linker_of(attempt));
	put(message, attempt->path);
	if (attempt->preload)
		put_all(message, attempt->preload);
	put_all(message, &request->preload);
}

/* What separates elements, or begins a token, cannot be said in LD_PRELOAD (ld.so(8)). */
static bool are_sayable(const struct strv *preload) {
	for (size_t i = 0; preload && i < preload->count; i++) {
		if (strpbrk(preload->items[i], ": $"))
			return false;
	}
	return true;
}

int attempt_check_trace(const struct attempt *attempt) {
	if (!linker_of(attempt))
		return -ENOSYS;
	/* Without one of them, what that one has would be called missing. */
	return are_sayable(attempt->preload) && are_sayable(&attempt->question->request->preload)
		       ? 0
		       : -EINVAL;
}

int attempt_send(const struct attempt *attempt, int channel) {
	struct message message = {.head.magic = LOADER_MAGIC_JOB, .count = 1};

	message.parts[0] = (struct iovec){&message.head, sizeof(message.head)};
	if (attempt->traces)
		put_trace(&message, attempt);
	else
		put_load(&message, attempt);
	/* Requests are checked; what else names a path here may not have been. */
	if (message.overfull)
		return -ENAMETOOLONG;
	const struct msghdr header = {.msg_iov = message.parts, .msg_iovlen = message.count};
	ssize_t sent = sendmsg(channel, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return -errno;
	return (size_t)sent == sizeof(message.head) + message.head.text_size ? 0 : -EMSGSIZE;
}
