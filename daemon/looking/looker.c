/* SPDX-License-Identifier: MIT */
#include "looker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "looking.h"
#include "readonly.h"

#define PAGE 4096

/* This is where it may wait: for what is on the way, and for what is there. */
static int look_at(const char *path, struct looking_answer *answer) {
	char link[40];
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, answer->text, sizeof(answer->text));
	if (length < 0 || fstat(fd, &answer->status) < 0)
		return -errno;
	if ((size_t)length == sizeof(answer->text))
		return -ENAMETOOLONG;
	answer->length = (uint32_t)length;
	return 0;
}

/* Page by page: a string may end right before one that is not mapped. */
static int read_memory(const struct looking_question *question, struct looking_answer *answer) {
	while (answer->length < LOOKING_MEMORY_MAX) {
		uint64_t address = question->address + answer->length;
		size_t piece = PAGE - address % PAGE, room = LOOKING_MEMORY_MAX - answer->length;
		struct iovec local = {answer->text + answer->length, piece < room ? piece : room};
		struct iovec remote = {(void *)(uintptr_t)address, local.iov_len};

		ssize_t length = process_vm_readv(question->thread, &local, 1, &remote, 1, 0);
		if (length <= 0)
			return answer->length > 0 ? 0 : -errno;
		answer->length += (uint32_t)length;
		if (memchr(local.iov_base, '\0', (size_t)length))
			return 0;
	}
	return 0;
}

static void answer_all(int (*look)(const struct looking_question *, struct looking_answer *)) {
	static struct looking_question question;
	static struct looking_answer answer;

	for (;;) {
		ssize_t length = recv(LOOKING_SOCKET, &question, sizeof(question), 0);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < (ssize_t)offsetof(struct looking_question, path))
			return;
		memset(&answer, 0, offsetof(struct looking_answer, text));
		answer.number = question.number;
		answer.error = look(&question, &answer);
		size_t size =
			offsetof(struct looking_answer, text) + (answer.error ? 0 : answer.length);
		if (send(LOOKING_SOCKET, &answer, size, MSG_NOSIGNAL) < 0)
			return;
	}
}

static int look_at_file(const struct looking_question *question, struct looking_answer *answer) {
	return look_at(question->path, answer);
}

int looker_run(int argc, char **argv) {
	bool files = argc == 2 && strcmp(argv[1], LOOKER_OF_FILES) == 0;

	if (!files && (argc != 2 || strcmp(argv[1], LOOKER_OF_MEMORY) != 0))
		return -1;
	readonly_enter(files ? READONLY_FILES : READONLY_MEMORY);
	answer_all(files ? look_at_file : read_memory);
	_exit(EXIT_SUCCESS);
}
