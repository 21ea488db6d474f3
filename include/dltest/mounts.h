/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Paths, opened without ever touching a file system that may not answer: one that is served by
 * another machine (NFS, SMB, 9p) or by a process (FUSE), one that mounts when it is touched
 * (autofs), and whatever is not known as local. What waits for such a one cannot be ended, not even
 * by SIGKILL. Which mounts those are, /proc/self/mountinfo tells without touching them (proc(5)).
 * Those of "/" and
 * "/usr" are taken as answering: without these nothing on the machine runs. A process has one table
 * of mounts; for one thread. One implementation a platform. Non-logging.
 */

#include <stdint.h>

/*
 * As open(2) with O_PATH, O_CLOEXEC and 'flags', of which O_NOFOLLOW and O_DIRECTORY count, for the
 * absolute 'path'. Returns a descriptor, or -errno. -EREMOTE: the way leads to a mount that may not
 * answer, and was followed no further; *ret_mount, unless 'ret_mount' is NULL, is that mount's
 * number (mountinfo's first field; 0: unknown). Each step keeps to its file system (openat2(2) with
 * RESOLVE_NO_XDEV, Linux 5.6); where that cannot be had, the table alone decides. Without a table
 * (no /proc), all mounts are taken as answering.
 */
int dltest_mounts_open(const char *path, int flags, uint64_t *ret_mount);
