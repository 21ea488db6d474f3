/* SPDX-License-Identifier: MIT */
#pragma once

/* Refused system calls in words. Non-logging. */

#include <stddef.h>

struct notify_request;

/* The errno that a refused system call fails with: what an unprivileged program would expect. */
int denial_errno(const struct notify_request *request);

/*
 * Writes to 'text' what was tried: the name of the system call, and the path or kind that it was
 * about, where that is known: "socket AF_INET", "execve /bin/sh", "open for writing: /tmp/x". Valid
 * UTF-8 without control characters.
 */
void denial_describe(const struct notify_request *request, char *text, size_t size);
