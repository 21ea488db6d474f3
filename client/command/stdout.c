/* SPDX-License-Identifier: MIT */
#include "stdout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jsontext.h"
#include "visible.h"

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

int stdout_write_json(const char *bytes, size_t length) {
	cleanup_jsontext struct jsontext text = {0};

	if (!isatty(STDOUT_FILENO))
		return stdout_write(bytes, length);
	visible_put_json(&text, bytes, length);
	return text.failed ? -ENOMEM : stdout_write(text.bytes, text.length);
}
