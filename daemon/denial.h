/* SPDX-License-Identifier: MIT */
#pragma once

/* Refused system calls in words. Non-logging. */

#include <stddef.h>

struct notify_request;

/* The errno a refused call gets: what an unprivileged program would expect. */
int denial_errno(const struct notify_request *request);

/*
 * Describes what was tried in 'text': the call's name, and the path or kind it was about where
 * that is known: "socket AF_INET", "execve /bin/sh", "open for writing: /tmp/x". Valid UTF-8
 * without control characters.
 */
void denial_describe(const struct notify_request *request, char *text, size_t size);
