/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Remembered verdicts on disk, so that a daemon that ended for want of work is no loss. The file is
 * written whole or not at all, and used only by a daemon of the same build on the same kernel with
 * the same sandbox; whatever else it holds, each verdict is looked at as always before it is given.
 * Non-logging.
 */

#include <stddef.h>

struct memory;

/*
 * Writes all verdicts to 'name' in the directory open as 'dir': to a new file first, then renamed.
 * 'conditions' says under which conditions they were worked out. Returns 0 or -errno.
 */
int memory_save(struct memory *memory, int dir, const char *name, const char *conditions);

/* Takes the verdicts of a file of these 'size' bytes into 'memory'. Returns 0; -ESTALE when they
 * are for other 'conditions'; -EBADMSG when it is damaged, and then nothing of it is kept; -ENOMEM.
 */
int memory_load(struct memory *memory, const char *bytes, size_t size, const char *conditions);
