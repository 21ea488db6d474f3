/* SPDX-License-Identifier: MIT */
#pragma once

/* Changes of the mounted file systems: what comes to light by one has times that do not show it.
 * One implementation a platform. Non-logging. */

#include <stdbool.h>

/* Opens a descriptor for mounts_have_changed(); -1 if that cannot be. The caller closes it. */
int mounts_open(void);

/* True if anything was mounted, moved or unmounted here since 'fd' was last asked, or opened; also
 * if that cannot be told. */
bool mounts_have_changed(int fd);
