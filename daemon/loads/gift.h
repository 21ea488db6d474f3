/* SPDX-License-Identifier: MIT */
#pragma once

/* What a load child is given of a host: its program, open to read, and the names that the library
 * lacks (LOADER_COMMAND_HOST). Non-logging. */

#include <stddef.h>

struct hosttrial;

struct gift {
	int fds[2]; /* names; program, unless that cannot be opened */
	size_t count;
};

/* Makes the gift for 'trial', with the stand-in at 'standin'. A program that cannot be opened, or
 * lies where that may never end, is told of among the names. gift_fini() closes the descriptors.
 * Returns 0, or -errno if there is no memory or descriptor. */
int gift_make(const struct hosttrial *trial, const char *standin, struct gift *ret_gift);

/* Closes the descriptors of 'gift', which is empty then. */
void gift_fini(struct gift *gift);
