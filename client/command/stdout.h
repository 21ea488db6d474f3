/* SPDX-License-Identifier: MIT */
#pragma once

/* Standard output, written without a buffer of stdio's. */

#include <stddef.h>

/* Writes the 'length' bytes at 'bytes'; complains on stderr if that fails. Returns 0 or -errno. */
int stdout_write(const char *bytes, size_t length);
