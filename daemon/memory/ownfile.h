/* SPDX-License-Identifier: MIT */
#pragma once

/* Files that are the user's own, read whole. Non-logging. */

#include <stddef.h>

/* Bytes of such a file, at most. */
#define OWNFILE_MAX (256 * 1024 * 1024)

/*
 * Reads the file 'path': *ret_bytes, which the caller frees. Returns 0; -ENOENT when there is none;
 * -EPERM when it is not the user's own or others may write it; -EBADMSG when it is too large or
 * becomes another while it is read; -EREMOTE when it is where it may not answer (sight.h); other
 * -errno.
 */
int ownfile_read(const char *path, char **ret_bytes, size_t *ret_size);
