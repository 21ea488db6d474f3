/* SPDX-License-Identifier: MIT */
#pragma once

/* Refused system calls in words. Non-logging. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct notify_request;

/* The errno that a refused system call fails with: what an unprivileged program would expect. */
int denial_errno(const struct notify_request *request);

/* True if what was tried is about a path; *ret_address is where that is in the process. */
bool denial_has_path(const struct notify_request *request, uint64_t *ret_address);

/* True if what was tried is to open a file, for writing or to make it; *ret_flags are those of
 * open(2). */
bool denial_is_open(const struct notify_request *request, int *ret_flags);

/*
 * Writes to 'text' what was tried: the name of the system call, and the path or kind that it was
 * about, where that is known: "socket AF_INET", "execve /bin/sh", "open for writing: /tmp/x". The
 * path is the first 'length' bytes of 'path', whatever those are; 0: it is not known. Valid UTF-8
 * without control characters.
 */
void denial_describe(const struct notify_request *request, const char *path, size_t length,
	char *text, size_t size);
