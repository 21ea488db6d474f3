/* SPDX-License-Identifier: MIT */
#pragma once

/* The user whose process is at the other end of a Unix socket. One implementation a platform. */

#include <sys/types.h>

/*
 * The effective user of the process that connected 'fd' or, at the end that connected, of the one
 * that listens (SO_PEERCRED, unix(7); getpeereid(3) on macOS). Returns 0 or -errno.
 */
int dltest_peer_uid(int fd, uid_t *ret_uid);
