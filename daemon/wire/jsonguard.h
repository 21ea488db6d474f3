/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The guard before cJSON: refuses what cJSON would let through though it is not JSON, or what would
 * change on its way through cJSON: control characters in strings, \u0000 (which would cut a path
 * short), bytes that are not UTF-8, numbers such as 007, a byte order mark, and nesting that would
 * use up the stack. Does not check the structure; cJSON does. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

/* True if the 'length' bytes at 'text' may be given to cJSON; 'depth' is the deepest nesting
 * allowed.
 */
bool jsonguard_accepts(const char *text, size_t length, unsigned depth);
