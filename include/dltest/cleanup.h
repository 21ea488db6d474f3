/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ownership made visible: variables that clean up after themselves when they leave their scope,
 * and steal_ptr() / steal_fd() where ownership moves on. Not for use between fork and exec.
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Has 'function' called with the address of a variable that leaves its scope. */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* Defines free_function_p(), which calls 'free_function' for the pointer at its argument unless
 * that is NULL. */
#define DEFINE_CLEANUP(type, free_function) \
	static inline void free_function##_p(type *pointer) { \
		if (*pointer) \
			free_function(*pointer); \
	} \
	struct dltest_swallow_semicolon

/* The pointer at 'pointer', which is NULL from now on. */
#define steal_ptr(pointer) \
	(__extension__({ \
		__typeof__(*(pointer)) *const steal_from_ = (pointer); \
		__typeof__(*(pointer)) const stolen_ = *steal_from_; \
		*steal_from_ = NULL; \
		stolen_; \
	}))

/* The descriptor at 'fd', which is -1 from now on. */
static inline int steal_fd(int *fd) {
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

/* Closes 'fd' if it is one, keeps errno, returns -1. close() is never retried: on Linux the
 * descriptor is gone even after EINTR (close(2)). */
static inline int fd_close(int fd) {
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

static inline void cleanup_free_p(void *pointer) {
	int saved = errno;

	free(*(void **)pointer);
	errno = saved;
}

static inline void cleanup_fd_p(int *fd) {
	fd_close(*fd);
}

static inline void cleanup_file_p(FILE **file) {
	int saved = errno;

	if (*file)
		fclose(*file);
	errno = saved;
}

static inline void cleanup_dir_p(DIR **dir) {
	int saved = errno;

	if (*dir)
		closedir(*dir);
	errno = saved;
}

#define cleanup_free CLEANUP(cleanup_free_p)
#define cleanup_fd   CLEANUP(cleanup_fd_p)
#define cleanup_file CLEANUP(cleanup_file_p)
#define cleanup_dir  CLEANUP(cleanup_dir_p)
