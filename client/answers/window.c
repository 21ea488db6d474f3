/* SPDX-License-Identifier: MIT */
#include "window.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void fill(struct window *window, uint64_t start) {
	ssize_t length;

	do
		length = pread(window->fd, window->bytes, sizeof(window->bytes), (off_t)start);
	while (length < 0 && errno == EINTR);
	/* An offset that no file has is EINVAL, and says nothing about this one. */
	if (length < 0 && errno != EINVAL)
		window->error = errno;
	window->start = start;
	window->length = length > 0 ? (size_t)length : 0;
}

void window_init(struct window *window, int fd) {
	window->fd = fd;
	window->error = 0;
	window->is_big = false;
	fill(window, 0);
}

/* The 'size' bytes at 'offset'; NULL if they are not there. */
static const unsigned char *look(struct window *window, uint64_t offset, size_t size) {
	for (int tries = 0; tries < 2; tries++) {
		uint64_t skip = offset - window->start;

		if (offset >= window->start && skip <= window->length &&
			size <= window->length - skip)
			return window->bytes + skip;
		if (tries == 0)
			fill(window, offset);
	}
	return NULL;
}

bool window_number(struct window *window, uint64_t offset, size_t size, uint64_t *ret_number) {
	const unsigned char *bytes = look(window, offset, size);
	uint64_t number = 0;

	if (!bytes)
		return false;
	for (size_t i = 0; i < size; i++)
		number = number << 8 | bytes[window->is_big ? i : size - 1 - i];
	*ret_number = number;
	return true;
}

bool window_has(struct window *window, uint64_t offset, const void *bytes, size_t size) {
	const unsigned char *found = look(window, offset, size);

	return found && memcmp(found, bytes, size) == 0;
}
