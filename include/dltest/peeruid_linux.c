/* SPDX-License-Identifier: MIT */
#include <dltest/peeruid.h>

#include <errno.h>
#include <sys/socket.h>

int dltest_peer_uid(int fd, uid_t *ret_uid) {
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return -errno;
	/* A socket whose peer is unknown reports pid 0 and uid -1. */
	if (credentials.uid == (uid_t)-1)
		return -ENOTCONN;
	*ret_uid = credentials.uid;
	return 0;
}
