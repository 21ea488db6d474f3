/* SPDX-License-Identifier: MIT */
#pragma once

/* Standard output, written without a buffer of stdio's. */

#include <stddef.h>

/* Writes all 'length' bytes; complains on stderr when that fails. Returns 0 or -errno. */
int stdout_write(const char *bytes, size_t length);
