/* SPDX-License-Identifier: MIT */
#pragma once

/* Standard output, written without a buffer of stdio's. */

#include <stddef.h>

/* Writes the 'length' bytes at 'bytes'; complains on stderr if that fails. Returns 0 or -errno. */
int stdout_write(const char *bytes, size_t length);

/* The same for JSON, no character of which is cut in two: on a terminal, what would move the cursor
 * there, turn the direction of writing, or not be seen is escaped. */
int stdout_write_json(const char *bytes, size_t length);
