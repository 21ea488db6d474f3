/* SPDX-License-Identifier: MIT */
#include "stdout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int stdout_write(const char *bytes, size_t length) {
	while (length > 0) {
		ssize_t written = write(STDOUT_FILENO, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			int r = -errno;
			fprintf(stderr, "tsuku-dltest: standard output: %s\n", strerror(-r));
			return r;
		}
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}
