/* SPDX-License-Identifier: MIT */
#pragma once

/* The view of files that the process at the other end of a Unix socket has. One implementation a
 * platform. Non-logging. */

#include <stdbool.h>

/*
 * True if the process that connected 'fd' is known to see other files than this process under the
 * same paths: it has another mount namespace (mount_namespaces(7)) or another root directory, or
 * cannot be seen from here at all. False where nothing can be told, and when it has ended.
 */
bool peercred_sees_other_files(int fd);
