/* SPDX-License-Identifier: MIT */
#include <dltest/netfs.h>

#include <sys/mount.h>
#include <sys/param.h>

bool dltest_netfs_is_remote(const char *path) {
	struct statfs status;

	return statfs(path, &status) == 0 && (status.f_flags & MNT_LOCAL) == 0;
}

bool dltest_netfs_has_own_clock(const char *path) {
	struct statfs status;

	return statfs(path, &status) < 0 || !(status.f_flags & MNT_LOCAL);
}
