/* SPDX-License-Identifier: MIT */
#pragma once

/* The descriptors of a forked process. Makes system calls alone. */

/* The one that dltest_descriptors_keep() leaves besides those of /dev/null. */
#define DLTEST_DESCRIPTORS_KEPT 3

/*
 * Closes all descriptors but 'fd', which becomes DLTEST_DESCRIPTORS_KEPT; 0 to 2 are /dev/null's.
 * Who waits for the end of a pipe of the caller's must not wait for a process that may be stuck.
 * Returns 0 or -errno.
 */
int dltest_descriptors_keep(int fd);

/* Closes all from 'first' on. */
void dltest_descriptors_close_from(int first);
