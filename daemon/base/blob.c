/* SPDX-License-Identifier: MIT */
#include "blob.h"

#include <errno.h>
#include <unistd.h>

int blob_write(const struct blob *blob, const void *bytes, size_t size) {
	const char *cursor = bytes;

	while (size > 0) {
		ssize_t length = write(blob->writes, cursor, size);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		cursor += length;
		size -= (size_t)length;
	}
	return 0;
}
