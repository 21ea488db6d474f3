/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What has been done to a library by who took it for text, or did not write all of it. Said only
 * of a file that is not right in another way, and only where what it has cannot be by chance.
 * Non-logging; allocates nothing.
 */

#include <stdbool.h>
#include <stddef.h>

struct elffile;

/* Whether the file is not as long as its header says: nearly all libraries end where their section
 * headers do. */
bool damage_is_likely(const struct elffile *file);

/* Says in words what has changed the bytes of 'file', of which damage is likely: a constant; NULL
 * if that is not certain. */
const char *damage_describe(const struct elffile *file);

/* The same of a file that begins with the 'length' bytes at 'bytes', if they are all zeros. */
const char *damage_describe_zeros(int fd, const unsigned char *bytes, size_t length);

/* Whether 'file' has zeros in the place of its dynamic section: where it is in memory, as the
 * dynamic linker finds it. */
bool damage_is_dynamic_lost(struct elffile *file);
