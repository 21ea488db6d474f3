/* SPDX-License-Identifier: MIT */
#pragma once

/* The host of a remembered verdict, among its texts. For recall.c alone; non-logging. */

#include <stdbool.h>
#include <stdio.h>

struct host;

/* Writes 'host' (NULL: there is none) to 'stream', each of its texts with a tag and a NUL. */
void recall_host_put(FILE *stream, const struct host *host);

/* True if 'tag' is one of those. */
bool recall_host_has(char tag);

/* True if 'text' can be one with the tag 'tag', which is one of those. */
bool recall_host_is_sound(char tag, const char *text);

/* Takes a text with such a tag into *host, which is made if need be. Returns 0, -ENOMEM, or
 * -EBADMSG for what was not written so. */
int recall_host_take(struct host **host, char tag, const char *text);
