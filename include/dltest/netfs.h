/* SPDX-License-Identifier: MIT */
#pragma once

/* Network file systems, told from local ones. One implementation a platform. */

#include <stdbool.h>

/*
 * True if 'path' is on a file system that other hosts share: NFS, SMB, AFS, Ceph, 9p and the like
 * (f_type of statfs(2) on Linux, MNT_LOCAL on macOS). False if nothing can be told.
 */
bool dltest_netfs_is_remote(const char *path);

/*
 * True if the times of files at 'path' may be of another clock than this machine's: remote file
 * systems and those that a process serves (FUSE). True if nothing can be told.
 */
bool dltest_netfs_has_own_clock(const char *path);
