/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Files where whoever opens, reads or writes them may wait for ever (sight.h): a forked process
 * does it, which has nothing open that others wait for, and is left behind if it does not come
 * back. One implementation a platform. Non-logging.
 */

#include <stddef.h>
#include <sys/types.h>

/*
 * Has a process read the file that 'read_file' reads of 'path' into memory: it sets *ret_bytes,
 * which the caller frees, and *ret_size, and returns 0 or -errno. Waits for that, for 'limit_ms' at
 * most. Returns the same, or -ETIMEDOUT.
 */
int elsewhere_read(int (*read_file)(const char *path, char **ret_bytes, size_t *ret_size),
	const char *path, unsigned limit_ms, char **ret_bytes, size_t *ret_size);

/* Has a process call 'work' with 'context' and end; nobody waits for it. Returns its number, or
 * -errno. */
pid_t elsewhere_do(void (*work)(void *context), void *context);
