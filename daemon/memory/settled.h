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
struct witness;

/* Makes an object that answers for loads that began at 'start' or later; settled_free() frees it.
 * NULL if out of memory. */
struct settled *settled_new(const struct moment *start);

/* Has 'settled' hear 'witness', which must outlive it, of directories that have changed: since the
 * round numbered 'since', in which all loads were asked for, up to 'now'. Of those that were not
 * watched, it has more watched. */
void settled_hear(struct settled *settled, struct witness *witness, uint64_t since, uint64_t now);

/* Frees 'settled'; NULL is nothing. Returns NULL. */
struct settled *settled_free(struct settled *settled);

/* Takes 'path', a directory, for known to be the same, with all directories above. */
void settled_trust(struct settled *settled, const char *path);

/*
 * True if 'path' (absolute) certainly led to what 'stamp' says (stamp_take(), after the start) all
 * the time, at least up to when that was taken: neither the file or directory there, nor a symlink
 * or directory on the way, changed after the start; and the times there are of this machine's
 * clock. Names that came and went in a directory on the way are no change if a witness knows of
 * them. A path with nothing there is settled if the nearest directory above is, or if a witness
 * knows that nothing of this name was there.
 */
bool settled_check(struct settled *settled, const char *path, const struct stamp *stamp);
