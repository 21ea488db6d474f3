/* SPDX-License-Identifier: MIT */
#include "activation.h"

#include <errno.h>
#include <launch.h>
#include <stdio.h>
#include <stdlib.h>

#include <dltest/protocol.h>

/* The key below Sockets in the property list. */
#define SOCKETS_KEY "Listener"

int activation_list(struct activation_fd *fds, size_t size) {
	int *found = NULL;
	size_t count = 0;

	/* ESRCH: not started by launchd. ENOENT: the property list has no such socket. */
	int error = launch_activate_socket(SOCKETS_KEY, &found, &count);
	if (error)
		return error == ESRCH || error == ENOENT ? 0 : -error;
	if (count > size)
		count = size;
	for (size_t i = 0; i < count; i++) {
		fds[i].fd = found[i];
		snprintf(fds[i].name, sizeof(fds[i].name), "%s", DLTEST_FDNAME_SOCKET);
	}
	free(found);
	return (int)count;
}

void activation_notify(const char *state) {
	(void)state;
}

uint64_t activation_watchdog_us(void) {
	return 0;
}
