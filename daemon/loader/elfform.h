/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether a file has the form of a shared library for this machine, before the dynamic linker
 * gets it: it would say "No such file or directory" of another machine's library, and die of
 * SIGBUS on one that was cut off. Reads headers and the flags of the dynamic section, nothing else.
 * What is left to the dynamic linker's own words: what it refuses of its own accord and says well.
 */

#include <dltest/reasons.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What is said of a file that is no library for this machine. */
struct elfform_words {
	char text[200];	   /* one line for a person */
	char platform[64]; /* the system or the machine that it is for; "" if that is not the matter
			    */
};

/*
 * Checks the file that is open for reading at 'fd' and is 'size' bytes long. Returns
 * DLTEST_REASON_NONE, or the reason why not with *ret_words.
 */
enum dltest_reason elfform_check(int fd, off_t size, struct elfform_words *ret_words);

/* The level of x86-64 that the library open at 'fd' says it needs, from 1 on; 0 if it says nothing.
 */
unsigned elfform_level(int fd, off_t size);

/*
 * Reads where the library that is open at 'fd' has its dependencies searched for, DT_RUNPATH or
 * else DT_RPATH, as it stands there. Returns whether it has such a path, of no more than
 * 'list_size' bytes.
 */
bool elfform_search_path(int fd, off_t size, char *list, size_t list_size);
