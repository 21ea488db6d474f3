/* SPDX-License-Identifier: MIT */
#include <dltest/netfs.h>

#include <linux/magic.h>
#include <stddef.h>
#include <sys/vfs.h>

/* Those that <linux/magic.h> of Linux 6.1 lacks; values from statfs(2). */
#ifndef CIFS_SUPER_MAGIC
#define CIFS_SUPER_MAGIC 0xff534d42u
#endif
#ifndef SMB2_SUPER_MAGIC
#define SMB2_SUPER_MAGIC 0xfe534d42u
#endif
#ifndef LUSTRE_SUPER_MAGIC
#define LUSTRE_SUPER_MAGIC 0x0bd00bd0u
#endif
#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546u
#endif
#ifndef GFS2_MAGIC
#define GFS2_MAGIC 0x01161970u
#endif

static bool is_remote(const struct statfs *status) {
	static const unsigned remote[] = {
		NFS_SUPER_MAGIC,
		SMB_SUPER_MAGIC,
		CIFS_SUPER_MAGIC,
		SMB2_SUPER_MAGIC,
		AFS_SUPER_MAGIC,
		AFS_FS_MAGIC,
		CODA_SUPER_MAGIC,
		NCP_SUPER_MAGIC,
		CEPH_SUPER_MAGIC,
		V9FS_MAGIC,
		OCFS2_SUPER_MAGIC,
		GFS2_MAGIC,
		LUSTRE_SUPER_MAGIC,
	};

	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
		if ((unsigned)status->f_type == remote[i])
			return true;
	}
	return false;
}

bool dltest_netfs_is_remote(const char *path) {
	struct statfs status;

	return statfs(path, &status) == 0 && is_remote(&status);
}

bool dltest_netfs_has_own_clock(const char *path) {
	struct statfs status;

	return statfs(path, &status) < 0 || is_remote(&status) ||
	       (unsigned)status.f_type == FUSE_SUPER_MAGIC;
}
