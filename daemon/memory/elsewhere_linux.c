/* SPDX-License-Identifier: MIT */
#include "elsewhere.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/descriptors.h>

#include "clock.h"
#include "ownpipe.h"
#include "sight.h"

#define PIECE 65536
/* The descriptor of a process that reads, by which it tells. */
#define TELLS 3

/* In the new process: without sockets, the lock and whatever else somebody may wait for. */
static void let_go(int first) {
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < TELLS; fd++)
		dup2(null, fd);
	dltest_descriptors_close_from(first);
	/* Signals are what a program expects: the daemon waits for some in its own way. */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sight_dare();
}

pid_t elsewhere_do(void (*work)(void *context), void *context) {
	pid_t pid = fork();

	if (pid != 0)
		return pid < 0 ? -errno : pid;
	let_go(TELLS);
	work(context);
	_exit(EXIT_SUCCESS);
}

static void write_all(const void *bytes, size_t size) {
	const char *cursor = bytes;
	ssize_t written = 0;

	for (; size > 0 && written >= 0; cursor += written, size -= (size_t)written)
		written = write(TELLS, cursor, size);
}

/* An errno first, then what was read. */
static _Noreturn void tell(int (*read_file)(const char *path, char **ret_bytes, size_t *ret_size),
	const char *path, int pipe) {
	char *bytes = NULL;
	size_t size = 0;

	if (pipe != TELLS && dup2(pipe, TELLS) < 0)
		_exit(EXIT_FAILURE);
	let_go(TELLS + 1);
	int r = read_file(path, &bytes, &size);
	write_all(&r, sizeof(r));
	if (r == 0)
		write_all(bytes, size);
	_exit(EXIT_SUCCESS);
}

/* Takes in all that comes until the end, or until 'end_ms'. */
static int take_all(int fd, uint64_t end_ms, FILE *copy) {
	struct pollfd told = {.fd = fd, .events = POLLIN};
	static char piece[PIECE];
	ssize_t length = 1;

	while (length != 0) {
		uint64_t now_ms = clock_now_ms();

		if (now_ms >= end_ms || poll(&told, 1, (int)(end_ms - now_ms)) == 0)
			return -ETIMEDOUT;
		length = read(fd, piece, sizeof(piece));
		if (length < 0 && errno != EINTR)
			return -errno;
		if (length > 0)
			fwrite(piece, 1, (size_t)length, copy);
	}
	return 0;
}

/* What was told: an errno, and what follows it is the file. */
static int take_told(char *told, size_t size, char **ret_bytes, size_t *ret_size) {
	int r;

	if (size < sizeof(r))
		return -EIO;
	memcpy(&r, told, sizeof(r));
	if (r < 0)
		return r;
	*ret_size = size - sizeof(r);
	*ret_bytes = malloc(*ret_size + 1);
	if (!*ret_bytes)
		return -ENOMEM;
	memcpy(*ret_bytes, told + sizeof(r), *ret_size);
	return 0;
}

int elsewhere_read(int (*read_file)(const char *path, char **ret_bytes, size_t *ret_size),
	const char *path, unsigned limit_ms, char **ret_bytes, size_t *ret_size) {
	cleanup_free char *told = NULL;
	size_t size = 0;
	int ends[2];

	if (ownpipe_open(ends, O_CLOEXEC) < 0)
		return -errno;
	cleanup_fd int reads = ends[0], writes = ends[1];
	pid_t pid = fork();
	if (pid == 0)
		tell(read_file, path, writes);
	fd_close(steal_fd(&writes));
	FILE *copy = pid < 0 ? NULL : open_memstream(&told, &size);
	if (!copy)
		return -ENOMEM;
	int r = take_all(reads, clock_now_ms() + limit_ms, copy);
	if (r < 0)
		kill(pid, SIGKILL);
	if (fclose(copy) != 0 && r == 0)
		r = -ENOMEM;
	return r < 0 ? r : take_told(told, size, ret_bytes, ret_size);
}
