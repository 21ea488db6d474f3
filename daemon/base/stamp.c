/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "sight.h"

/* FAT keeps times to 2 s, exFAT to 10 ms, ext3 and HFS+ to 1 s. What is a multiple of 10 ms may be
 * of any of them. NTFS keeps them to 100 ns and UDF to 1 us: less than a tick, but the tick of the
 * start itself must not seem to have passed. */
#define COARSE_NS      10000000
#define COARSE_LESS_NS INT64_C(2000000000)
#define CUT_NS	       100
#define CUT_LESS_NS    INT64_C(2000000)
/* The two clocks are read one after the other, and tick at 100 Hz at worst. */
#define STEP_NS 20000000

struct stamp stamp_of(const struct stat *status) {
	return (struct stamp){
		.dev = (uint64_t)status->st_dev,
		.ino = (uint64_t)status->st_ino,
		.size = status->st_size,
		.mtime_s = status->st_mtim.tv_sec,
		.ctime_s = status->st_ctim.tv_sec,
		.mtime_ns = (uint32_t)status->st_mtim.tv_nsec,
		.ctime_ns = (uint32_t)status->st_ctim.tv_nsec,
	};
}

struct stamp stamp_take_link(const char *path) {
	struct stat status;
	int r = sight_lstat(path, &status);

	if (r == -EREMOTE)
		return (struct stamp){.unknown = true};
	return r == 0 ? stamp_of(&status) : (struct stamp){0};
}

bool stamp_equals(const struct stamp *one, const struct stamp *other) {
	return !one->unknown && !other->unknown && one->way == other->way &&
	       one->dev == other->dev && one->ino == other->ino && one->size == other->size &&
	       one->mtime_s == other->mtime_s && one->mtime_ns == other->mtime_ns &&
	       one->ctime_s == other->ctime_s && one->ctime_ns == other->ctime_ns;
}

bool stamp_exists(const struct stamp *stamp) {
	return stamp->dev != 0 || stamp->ino != 0;
}

struct moment moment_now(void) {
	struct moment moment;

	clock_gettime(CLOCK_REALTIME_COARSE, &moment.real);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &moment.monotonic);
	return moment;
}

static int64_t difference_ns(const struct timespec *later, const struct timespec *earlier) {
	return (later->tv_sec - earlier->tv_sec) * INT64_C(1000000000) +
	       (later->tv_nsec - earlier->tv_nsec);
}

bool moment_clock_was_set(const struct moment *earlier, const struct moment *later) {
	int64_t step = difference_ns(&later->real, &earlier->real) -
		       difference_ns(&later->monotonic, &earlier->monotonic);

	return llabs(step) > STEP_NS;
}

bool stamp_is_cut(const struct stamp *stamp) {
	return stamp->ctime_ns % CUT_NS == 0;
}

bool stamp_is_before(const struct stamp *stamp, const struct moment *moment) {
	const int64_t start_s = moment->real.tv_sec;
	int64_t less_ns = stamp->ctime_ns % COARSE_NS == 0 ? COARSE_LESS_NS
			  : stamp->ctime_ns % CUT_NS == 0  ? CUT_LESS_NS
							   : 0;

	/* Whatever a file system says, nothing here is too large to be counted in nanoseconds. */
	if (stamp->ctime_s > start_s || stamp->ctime_s < start_s - 10)
		return stamp->ctime_s < start_s;
	return (start_s - stamp->ctime_s) * INT64_C(1000000000) + moment->real.tv_nsec -
		       stamp->ctime_ns >
	       less_ns;
}
