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
#include <stdint.h>
#include <sys/types.h>

/* Names of one library, and bytes of each. None of 5,400 libraries of a Debian 12 needs
 * more than 79. */
#define ELFFORM_NAMES_MAX 256
#define ELFFORM_NAME_MAX  4096

/* What is said of a file that is no library for this machine. */
struct elfform_words {
	char text[640]; /* one line for a person */
	char link[256]; /* what the file was a symbolic link to that has this name alone; or "" */
	char platform[64]; /* the system or the machine that it is for; "" if that is not the matter
			    */
	bool is_unreadable; /* the file may not be opened; set by who opens it */
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

/* Takes a name that a library has in its dynamic section, under 'tag', until it returns. */
typedef void (*elfform_name_fn)(void *context, int64_t tag, const char *name);

/*
 * Has 'take' take with 'context' what the library that is open at 'fd' calls itself (DT_SONAME),
 * what it needs (DT_NEEDED), and where it has that searched for (DT_RPATH, DT_RUNPATH), of which
 * the first ELFFORM_NAMES_MAX that are no longer than ELFFORM_NAME_MAX bytes.
 */
void elfform_each_name(int fd, off_t size, elfform_name_fn take, void *context);
