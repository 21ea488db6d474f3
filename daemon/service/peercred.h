/* SPDX-License-Identifier: MIT */
#pragma once

/* What the process at the other end of a Unix socket sees. One implementation a platform.
 * Non-logging. */

#include <stdbool.h>

/*
 * Whether the process that connected 'fd' is known to see other files than this one under the same
 * paths: another mount namespace (mount_namespaces(7)), another root directory, or one that cannot
 * be seen from here at all. False where that cannot be told, and when it has ended.
 */
bool peercred_sees_other_files(int fd);
