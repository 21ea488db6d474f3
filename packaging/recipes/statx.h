/* SPDX-License-Identifier: MIT */

/* statx(2) for alpine-cc.sh: musl has it since 1.2.4, and Debian 12's is 1.2.3. */

#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int statx(
	int directory, const char *path, int flags, unsigned int mask, struct statx *ret_status) {
	return (int)syscall(SYS_statx, directory, path, flags, mask, ret_status);
}
