/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is wrong with a dependency, where the dynamic linker says something else or nothing: it
 * says "No such file or directory" also of a file for another machine and of one that may not be
 * read, and dies of SIGBUS when one was cut off. Load child only.
 */

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From now on, a SIGBUS that comes of a file that was cut off and is mapped as a library ends the
 * process with a report that says so. Any other has its usual effect.
 */
void dependency_watch(uint64_t start_ns);

/* Does so now, if the SIGBUS of 'info' is such a one; else returns. For who has put a handler of
 * its own in place. */
void dependency_take_fault(const siginfo_t *info);

/*
 * If 'text' is the dynamic linker's complaint about a dependency of the library at 'path', and that
 * is found by its path, in LD_LIBRARY_PATH or in the library's own search path, then appends a line
 * in brackets that says what is wrong with it; so of the library itself, if that is on a
 * file system from which nothing may be mapped as code. 'size' is the buffer's.
 */
void dependency_explain(const char *path, char *text, size_t size);
