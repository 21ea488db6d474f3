/* SPDX-License-Identifier: MIT */
#include "peercred.h"

bool peercred_sees_other_files(int fd) {
	(void)fd;
	return false; /* there is one file system for all, and chroot(2) is for root */
}
