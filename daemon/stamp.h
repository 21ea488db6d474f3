/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a path led to at one moment, so that a change shows: device, inode, size, and the times of
 * the last change of content and of the inode. The latter (ctime) nobody can put back but by
 * setting the clock. Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct stamp {
	uint64_t dev, ino; /* both 0: nothing is there, or it cannot be reached */
	int64_t size;
	int64_t mtime_s, ctime_s;
	uint32_t mtime_ns, ctime_ns;
};

/* A moment, in the two clocks by which a step of the one shows. */
struct moment {
	struct timespec real;	   /* CLOCK_REALTIME_COARSE, by which file systems stamp */
	struct timespec monotonic; /* CLOCK_MONOTONIC_COARSE */
};

/* What 'path' leads to, symlinks followed (stat(2)), or what it is itself. */
struct stamp stamp_take(const char *path);
struct stamp stamp_take_link(const char *path);

bool stamp_equals(const struct stamp *one, const struct stamp *other);

/* Whether there is anything. */
bool stamp_exists(const struct stamp *stamp);

struct moment moment_now(void);

/* Whether the real-time clock was set between the two moments. */
bool moment_clock_was_set(const struct moment *earlier, const struct moment *later);

/*
 * Whether the last change of 'stamp' was certainly before 'moment'. Linux stamps with the time of
 * the last tick or a finer one, so that an earlier stamp means an earlier change; file systems with
 * coarse times are given two seconds more.
 */
bool stamp_is_before(const struct stamp *stamp, const struct moment *moment);
