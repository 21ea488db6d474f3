/* SPDX-License-Identifier: MIT */
#include "inherited.h"

#include <sys/resource.h>
#include <sys/stat.h>

/* Loads take descriptors, two to four each. */
void inherited_reset(void) {
	struct rlimit limit;

	umask(077);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}
