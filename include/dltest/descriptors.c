/* SPDX-License-Identifier: MIT */
#include <dltest/descriptors.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

void dltest_descriptors_close_from(int first) {
	/* Since Linux 5.9. */
	if (syscall(SYS_close_range, first, ~0u, 0) == 0)
		return;
	long limit = sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd < limit; fd++)
		close(fd);
}

int dltest_descriptors_keep(int fd) {
	/* The caller may have had none of the first three, and 'fd' be one of them. */
	int safe = fcntl(fd, F_DUPFD, DLTEST_DESCRIPTORS_KEPT + 1);
	int null = open("/dev/null", O_RDWR);

	if (safe < 0 || null < 0)
		return -errno;
	for (int target = 0; target < DLTEST_DESCRIPTORS_KEPT; target++) {
		if (dup2(null, target) < 0)
			return -errno;
	}
	if (dup2(safe, DLTEST_DESCRIPTORS_KEPT) < 0)
		return -errno;
	dltest_descriptors_close_from(DLTEST_DESCRIPTORS_KEPT + 1);
	return 0;
}
