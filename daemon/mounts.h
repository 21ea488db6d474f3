/* SPDX-License-Identifier: MIT */
#pragma once

/* Whether file systems were mounted: what comes to light by that has times that tell nothing of it.
 * One implementation a platform. Non-logging. */

#include <stdbool.h>

/* A descriptor to ask with; -1 when there is none. The caller closes it. */
int mounts_open(void);

/* Whether anything was mounted, moved or unmounted here since it was asked last, or opened. True
 * when that cannot be told. */
bool mounts_have_changed(int fd);
