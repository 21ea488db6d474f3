/* SPDX-License-Identifier: MIT */
#include "ownpipe.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than libevent makes with an event base. */
#define MADE_MAX 8

void ownpipe_close_to_others(int fd) {
	/* Those who have it open already go on. Whoever may not set it has lost nothing. */
	(void)!fchmod(fd, 0);
}

int ownpipe_open(int ret_ends[2], int flags) {
	if (pipe2(ret_ends, flags) < 0)
		return -errno;
	ownpipe_close_to_others(ret_ends[0]);
	return 0;
}

void ownpipe_close_made_since(int first) {
	struct stat status;

	for (int fd = first; fd < first + MADE_MAX; fd++) {
		if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode))
			ownpipe_close_to_others(fd);
	}
}
