/* SPDX-License-Identifier: MIT */
#pragma once

/* A FUSE that nobody serves, for tests that root runs. */

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* Mounts one at 'point'. Returns its server's end, which is the caller's. */
static inline int deadmount_make(const char *point) {
	char options[128];
	int served = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	cr_assert(served >= 0, "/dev/fuse: %s", strerror(errno));
	snprintf(options, sizeof(options), "fd=%d,rootmode=40755,user_id=%u,group_id=%u", served,
		(unsigned)geteuid(), (unsigned)getegid());
	cr_assert_eq(mount("dead", point, "fuse.dead", MS_NOSUID | MS_NODEV, options), 0, "%s",
		strerror(errno));
	return served;
}
