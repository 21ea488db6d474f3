/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. Varlink
 * peers drop a message that holds anything else (systemd 257, Go), and file names and dynamic
 * linkers may hold any bytes. Pure functions, used by the client and the daemon.
 */

#include <stdbool.h>
#include <stddef.h>

/*
 * The length in bytes of the well-formed sequence at 'text', of which 'length' bytes may be read;
 * 0 if there is none. A NUL byte is a sequence of length 1.
 */
size_t dltest_utf8_sequence(const char *text, size_t length);

/* True if the 'length' bytes at 'text' are all well-formed. */
bool dltest_utf8_is_valid(const char *text, size_t length);

/*
 * A NUL-terminated copy of the 'length' bytes at 'text' in which each byte that is not part of a
 * well-formed sequence, and each NUL, is replaced by U+FFFD. The caller frees it. NULL if out of
 * memory.
 */
char *dltest_utf8_repair(const char *text, size_t length);

/* The largest length <= 'limit' that does not cut a sequence of the valid text 'text' in two. */
size_t dltest_utf8_cut(const char *text, size_t length, size_t limit);
