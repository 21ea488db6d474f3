/* SPDX-License-Identifier: MIT */
#include <dltest/peeruid.h>

#include <errno.h>
#include <unistd.h>

int dltest_peer_uid(int fd, uid_t *ret_uid) {
	uid_t uid;
	gid_t gid;

	if (getpeereid(fd, &uid, &gid) < 0)
		return -errno;
	*ret_uid = uid;
	return 0;
}
