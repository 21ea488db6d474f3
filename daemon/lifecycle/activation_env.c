/* SPDX-License-Identifier: MIT */
#include "activation_env.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "activation.h"

#define FIRST_FD 3

static bool parse_number(const char *text, long low, long high, long *ret_number) {
	char *end;

	if (!text || !*text)
		return false;
	errno = 0;
	long number = strtol(text, &end, 10);
	if (errno || *end || number < low || number > high)
		return false;
	*ret_number = number;
	return true;
}

/* The name at *cursor, which moves behind it; names are separated by colons. */
static void take_name(const char **cursor, char *name, size_t size) {
	size_t length = strcspn(*cursor, ":");

	snprintf(name, size, "%.*s", (int)length, *cursor);
	*cursor += length + ((*cursor)[length] == ':');
}

int activation_env_list(struct activation_fd *fds, size_t size) {
	const char *names = getenv("LISTEN_FDNAMES");
	cleanup_free char *copy = strdup(names ? names : "");
	const char *cursor = copy;
	long pid, count = 0;

	if (!copy)
		return -ENOMEM;
	if (!parse_number(getenv("LISTEN_PID"), 1, INT_MAX, &pid) || pid != getpid() ||
		!parse_number(getenv("LISTEN_FDS"), 0, 4096, &count))
		count = 0;
	if (count > (long)size)
		count = (long)size;
	for (long i = 0; i < count; i++) {
		fds[i].fd = FIRST_FD + (int)i;
		take_name(&cursor, fds[i].name, sizeof(fds[i].name));
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return (int)count;
}

void activation_env_notify(const char *state) {
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path ? strlen(path) : 0;

	if (length < 2 || length >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, length);
	/* An abstract address. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* The service manager going away is nothing the daemon could do anything about. */
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		return;
}

uint64_t activation_env_watchdog_us(void) {
	const char *pid = getenv("WATCHDOG_PID");
	long us, number;

	if (pid && (!parse_number(pid, 1, INT_MAX, &number) || number != getpid()))
		return 0;
	return parse_number(getenv("WATCHDOG_USEC"), 1, LONG_MAX, &us) ? (uint64_t)us : 0;
}
