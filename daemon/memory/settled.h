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

/* Makes an object that answers for loads that began at 'start' or later; settled_free() frees it.
 * NULL if out of memory. */
struct settled *settled_new(const struct moment *start);

/* Frees 'settled'; NULL is nothing. Returns NULL. */
struct settled *settled_free(struct settled *settled);

/* Takes 'path', a directory, for known to be the same, with all directories above. */
void settled_trust(struct settled *settled, const char *path);

/*
 * True if 'path' (absolute) certainly led to the same all the time: neither the file or directory
 * there, nor a symlink or directory on the way, changed after the start; and the times there are of
 * this machine's clock. A path with nothing there is settled if the nearest directory above is.
 */
bool settled_check(struct settled *settled, const char *path);
