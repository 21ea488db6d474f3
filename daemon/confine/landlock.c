/* SPDX-License-Identifier: MIT */
#include "landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights that the headers of Debian 12 (Landlock ABI 2) do not name. */
#define FS_TRUNCATE	    (UINT64_C(1) << 14) /* ABI 3 */
#define FS_IOCTL_DEV	    (UINT64_C(1) << 15) /* ABI 5 */
#define NET_BIND_TCP	    (UINT64_C(1) << 0)	/* ABI 4 */
#define NET_CONNECT_TCP	    (UINT64_C(1) << 1)	/* ABI 4 */
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)	/* ABI 6 */
#define SCOPE_SIGNAL	    (UINT64_C(1) << 1)	/* ABI 6 */
#define LOG_SAME_EXEC_OFF   (1u << 0)		/* ABI 7 */
#define LOG_SUBDOMAINS_OFF  (1u << 2)		/* ABI 7 */

/* All rights of ABI 1: LANDLOCK_ACCESS_FS_EXECUTE to LANDLOCK_ACCESS_FS_MAKE_SYM. */
#define FS_ABI_1 ((UINT64_C(1) << 13) - 1)

int landlock_probe(void) {
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? -errno : (int)abi;
}

struct landlock_policy landlock_policy_for(int abi) {
	struct landlock_policy policy = {0};

	if (abi < 1)
		return policy;
	policy.abi = abi;
	policy.fs = FS_ABI_1;
	policy.attr_size = sizeof(uint64_t);
	if (abi >= 2)
		policy.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		policy.fs |= FS_TRUNCATE;
	if (abi >= 4) {
		policy.net = NET_BIND_TCP | NET_CONNECT_TCP;
		policy.attr_size += sizeof(uint64_t);
	}
	if (abi >= 5)
		policy.fs |= FS_IOCTL_DEV;
	if (abi >= 6) {
		policy.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
		policy.attr_size += sizeof(uint64_t);
	}
	/* Or the audit log fills with what libraries under test try (it is for programs that run
	 * unknown code without executing it), in these domains or in some of their own. */
	if (abi >= 7)
		policy.flags = LOG_SAME_EXEC_OFF | LOG_SUBDOMAINS_OFF;
	policy.read_file = LANDLOCK_ACCESS_FS_READ_FILE;
	policy.read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	policy.execute = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
	return policy;
}

uint64_t landlock_file_rights(uint64_t access) {
	return access & (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV);
}
