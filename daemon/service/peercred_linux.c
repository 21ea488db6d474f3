/* SPDX-License-Identifier: MIT */
#include "peercred.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Whether a path below /proc/PID leads to something else than the same one below /proc/self. */
static bool differs(pid_t pid, const char *name) {
	struct stat theirs, ours;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if (stat(path, &theirs) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/%s", name);
	return stat(path, &ours) == 0 &&
	       (theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino);
}

bool peercred_sees_other_files(int fd) {
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return false;
	/* No number in this pid namespace: it is in one that is not below this. */
	if (credentials.pid == 0)
		return true;
	return differs(credentials.pid, "ns/mnt") || differs(credentials.pid, "root");
}
