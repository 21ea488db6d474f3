/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Symbolic links that lead nowhere, and what is left of one where an archive was unpacked without
 * its links: a file that has the name alone. Load child only.
 */

#include <stdbool.h>
#include <stddef.h>

struct elfform_words;

/*
 * If 'path' is a symbolic link that leads nowhere, in one step or in several, says in 'text' of
 * 'size' bytes where the last one leads. Returns whether it is, and that fits.
 */
bool links_tell_dangling(const char *path, char *text, size_t size);

/* Appends to 'words', which say of the file at 'path' that it was a symbolic link, whether there is
 * what that led to, if so; what was looked at is told as a fact. */
void links_tell_lost(const char *path, struct elfform_words *words);
