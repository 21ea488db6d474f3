/* SPDX-License-Identifier: MIT */
#pragma once

/* What a file is that goes by the name of a library and is no ELF file. Non-logging. */

#include <stddef.h>

/* Says in words what the file is that begins with the 'length' bytes at 'bytes', of which there is
 * one at least: a constant. */
const char *notelf_describe(const unsigned char *bytes, size_t length);

/* The length of the name of a library that is all that the 'length' bytes at 'bytes' are, but for a
 * line's end behind it; 0 if they are something else. */
size_t notelf_name_length(const unsigned char *bytes, size_t length);
