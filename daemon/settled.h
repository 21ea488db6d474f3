/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether what paths lead to now is what they led to when a load began: nothing on the way to them
 * has changed since. Answers about a path are kept for as long as the object lives, which is one
 * round of questions. Non-logging.
 */

#include <stdbool.h>

#include "stamp.h"

struct settled;

/* For loads that began at 'start' or later, asked at about 'now'. NULL when there is no memory. */
struct settled *settled_new(const struct moment *start);

struct settled *settled_free(struct settled *settled);

/* Says that 'path', a directory, and all above it are known to be the same. */
void settled_trust(struct settled *settled, const char *path);

/*
 * Whether 'path' (absolute) certainly led to the same all the time: neither what it leads to, nor a
 * symlink or directory on the way, changed after the start; and its times are of this machine's
 * clock. What does not exist is settled if the nearest directory above it that does is.
 */
bool settled_check(struct settled *settled, const char *path);
