/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a path led to at one moment, so that a change shows: device, inode, size, and the times of
 * the last change of content and of the inode. The latter (ctime) nobody can put back but by
 * setting the clock. And by which way: the same file may be reached by another one, which decides
 * where its neighbours are and whether it may be loaded. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct stat;

struct stamp {
	uint64_t dev, ino; /* both 0: nothing is there, or it cannot be reached */
	int64_t size;	   /* of nothing: the errno that says why */
	int64_t mtime_s, ctime_s;
	uint32_t mtime_ns, ctime_ns;
	uint64_t way; /* a digest of the path without symlinks; 0: not looked at */
	bool unknown; /* the path could not be looked at; the stamp equals nothing */
};

/* A moment, in the two clocks by which a step of the one shows. */
struct moment {
	struct timespec real;	   /* CLOCK_REALTIME_COARSE, by which file systems stamp */
	struct timespec monotonic; /* CLOCK_MONOTONIC_COARSE */
};

/* The stamp of what 'path' leads to, symlinks followed. It is unknown if that lies where it may not
 * be looked at (sight.h). */
struct stamp stamp_take(const char *path);

/* The digest of a path without symlinks that a stamp has of its way; never 0. */
uint64_t stamp_way(const char *real);

/* The stamp of 'path' itself, which may be a symlink, without its way. */
struct stamp stamp_take_link(const char *path);

/* The stamp of a file of which stat(2) told 'status', without its way. */
struct stamp stamp_of(const struct stat *status);

/* True if both stamps are known and of the same, unchanged and reached by the same way. */
bool stamp_equals(const struct stamp *one, const struct stamp *other);

/* True if something was there. */
bool stamp_exists(const struct stamp *stamp);

/* True if the times of 'stamp' look cut off. Such file systems may leave them alone when something
 * is moved: what was moved away and back has the stamp that it had. */
bool stamp_is_cut(const struct stamp *stamp);

/* This moment. */
struct moment moment_now(void);

/* True if the real-time clock was set between the two moments. */
bool moment_clock_was_set(const struct moment *earlier, const struct moment *later);

/*
 * True if the last change of 'stamp' was certainly before 'moment'. Linux stamps with the time of
 * the last tick or a finer one, so that an earlier stamp means an earlier change; times that look
 * cut off, as file systems with coarse times have them, must be earlier by what may be cut off.
 */
bool stamp_is_before(const struct stamp *stamp, const struct moment *moment);
