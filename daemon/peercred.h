/* SPDX-License-Identifier: MIT */
#pragma once

/* Who is at the other end of a Unix socket. One implementation a platform. Non-logging. */

#include <sys/types.h>

/*
 * The effective user that connected 'fd' (SO_PEERCRED, unix(7); LOCAL_PEERCRED on macOS).
 * Returns 0 or -errno.
 */
int peercred_get_uid(int fd, uid_t *ret_uid);
