/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A blob: bytes for whoever reads a descriptor to its end. They are in a pipe, which no limit of
 * file sizes concerns (setrlimit(2)), and where they do not fit into one in an anonymous file.
 * Nobody else can open them by /proc. Non-logging.
 */

#include <stddef.h>

struct blob {
	int writes; /* where they are to be written, without waiting */
	int reads;  /* -1: 'writes' is a file */
};

/* A new blob that takes 'size' bytes. The caller frees it by blob_fini(). Returns 0 or -errno. */
int blob_new(size_t size, struct blob *ret_blob);

/* Writes 'size' 'bytes' to 'blob'. Returns 0 or -errno. */
int blob_write(const struct blob *blob, const void *bytes, size_t size);

/* Ends the writing. Returns the descriptor to read all from, close-on-exec, which the caller
 * closes; or -errno. Nothing is left of 'blob'. */
int blob_finish(struct blob *blob);

/* Closes what is open of 'blob'. */
void blob_fini(struct blob *blob);
