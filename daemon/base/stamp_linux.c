/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include <errno.h>

#include "sight.h"

/* FNV-1a with 64 bits (draft-eastlake-fnv). */
uint64_t stamp_way(const char *real) {
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (; *real; real++)
		sum = (sum ^ (unsigned char)*real) * UINT64_C(0x100000001b3);
	return sum ? sum : 1;
}

/* The stamp of a path that cannot be opened: of nothing, and why; unknown after other failures. */
static struct stamp of_nothing(int error) {
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case EACCES:
	case ELOOP:
	case ENAMETOOLONG:
		return (struct stamp){.size = error};
	default:
		return (struct stamp){.unknown = true};
	}
}

struct stamp stamp_take(const char *path) {
	struct look look;

	/* All of one descriptor, so that the parts belong together. */
	int r = sight_look(NULL, path, &look);
	if (r < 0)
		return of_nothing(-r);
	struct stamp stamp = stamp_of(&look.status);
	stamp.way = stamp_way(look.real);
	return stamp;
}
