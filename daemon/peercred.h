/* SPDX-License-Identifier: MIT */
#pragma once

/* Who is at the other end of a Unix socket. One implementation a platform. Non-logging. */

#include <stdbool.h>
#include <sys/types.h>

/*
 * The effective user that connected 'fd' (SO_PEERCRED, unix(7); LOCAL_PEERCRED on macOS).
 * Returns 0 or -errno.
 */
int peercred_get_uid(int fd, uid_t *ret_uid);

/*
 * Whether the process that connected 'fd' is known to see other files than this one under the same
 * paths: another mount namespace (mount_namespaces(7)), another root directory, or one that cannot
 * be seen from here at all. False where that cannot be told, and when it has ended.
 */
bool peercred_sees_other_files(int fd);
