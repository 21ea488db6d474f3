/* SPDX-License-Identifier: MIT */
#include "blob.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "ownpipe.h"

/* A user who has many pipes gets small ones, and of those who may not have larger ones nobody else
 * can (pipe(7)). */
static int open_pipe(size_t size, int ends[2]) {
	int r = ownpipe_open(ends, O_CLOEXEC);

	if (r < 0)
		return r;
	if ((fcntl(ends[1], F_GETPIPE_SZ) >= (int)size ||
		    fcntl(ends[1], F_SETPIPE_SZ, (int)size) >= (int)size) &&
		fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	fd_close(ends[0]);
	fd_close(ends[1]);
	return -ENOSPC;
}

int blob_new(size_t size, struct blob *ret_blob) {
	int ends[2];

	*ret_blob = (struct blob){-1, -1};
	if (open_pipe(size, ends) == 0) {
		*ret_blob = (struct blob){.writes = ends[1], .reads = ends[0]};
		return 0;
	}
	ret_blob->writes = memfd_create("dltest-blob", MFD_CLOEXEC);
	if (ret_blob->writes < 0)
		return -errno;
	ownpipe_close_to_others(ret_blob->writes);
	return 0;
}

int blob_finish(struct blob *blob) {
	int r = blob->reads;

	if (r >= 0) {
		fd_close(blob->writes);
	} else {
		r = lseek(blob->writes, 0, SEEK_SET) < 0 ? -errno : blob->writes;
		if (r < 0)
			fd_close(blob->writes);
	}
	*blob = (struct blob){-1, -1};
	return r;
}

void blob_fini(struct blob *blob) {
	blob->writes = fd_close(blob->writes);
	blob->reads = fd_close(blob->reads);
}
