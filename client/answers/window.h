/* SPDX-License-Identifier: MIT */
#pragma once

/* A window on a file: numbers at any place of it, read a piece at a time. Whatever is in the file,
 * reading stays within it; allocates nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_SIZE 4096

struct window {
	int fd;
	int error;	/* an errno for which the file could not be read; 0: none */
	bool is_big;	/* true: the file's numbers are big-endian; whoever knows sets it */
	uint64_t start; /* of what follows, in the file */
	size_t length;
	unsigned char bytes[WINDOW_SIZE];
};

/* Makes 'window' one on 'fd', which must stay open, and fills it from the file's start. */
void window_init(struct window *window, int fd);

/* Reads the number of 'size' bytes (1 to 8) at 'offset'. Returns false if they are not in the file,
 * or with 'error' set. */
bool window_number(struct window *window, uint64_t offset, size_t size, uint64_t *ret_number);

/* True if the 'size' bytes (WINDOW_SIZE at most) at 'offset' are in the file, and are 'bytes'. */
bool window_has(struct window *window, uint64_t offset, const void *bytes, size_t size);
