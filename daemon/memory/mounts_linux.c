/* SPDX-License-Identifier: MIT */
#include "mounts.h"

#include <fcntl.h>
#include <poll.h>

int mounts_open(void) {
	return open("/proc/self/mounts", O_RDONLY | O_CLOEXEC);
}

/* Each open file of the table of mounts remembers what the table was at its last poll (proc(5)). */
bool mounts_have_changed(int fd) {
	struct pollfd table = {.fd = fd, .events = POLLPRI};

	return fd < 0 || poll(&table, 1, 0) != 0;
}
