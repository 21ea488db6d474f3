/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A filter at no address: EFAULT where filters exist, since the kernel copies it before it looks
 * at anything else (kernel/seccomp.c). */
static int probe_seccomp(void) {
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) == 0 || errno == EFAULT)
		return 0;
	return errno;
}

int sandbox_init(struct sandbox *sandbox, bool allow_unconfined) {
	*sandbox = (struct sandbox){.allow_unconfined = allow_unconfined};

	int abi = landlock_probe();
	sandbox->landlock_error = abi < 0 ? -abi : 0;
	sandbox->landlock =
		landlock_policy_for(abi < LANDLOCK_ABI_KNOWN ? abi : LANDLOCK_ABI_KNOWN);

	sandbox->seccomp_error = probe_seccomp();
	if (sandbox->seccomp_error)
		return 0;
	int r = sysfilter_build(&sandbox->base, SYSFILTER_BASE, SCMP_ARCH_NATIVE);
	if (r == 0)
		r = sysfilter_build(&sandbox->child, SYSFILTER_CHILD, SCMP_ARCH_NATIVE);
	if (r < 0)
		sandbox_fini(sandbox);
	return r;
}

void sandbox_fini(struct sandbox *sandbox) {
	sysfilter_fini(&sandbox->base);
	sysfilter_fini(&sandbox->child);
}

bool sandbox_may_load(const struct sandbox *sandbox) {
	return sandbox->seccomp_error == 0 || sandbox->allow_unconfined;
}

static struct sandbox_lack landlock_lack(int error) {
	switch (error) {
	case ENOSYS:
		return (struct sandbox_lack){"landlock", "this kernel is built without Landlock",
			"use Linux 5.13 or later built with CONFIG_SECURITY_LANDLOCK"};
	case EOPNOTSUPP:
		return (struct sandbox_lack){"landlock", "Landlock was not enabled at boot",
			"add landlock to the kernel parameter lsm="};
	case EPERM:
		return (struct sandbox_lack){"landlock", "a container's seccomp profile refuses it",
			"allow the landlock_* system calls in the container's profile"};
	default:
		return (struct sandbox_lack){"landlock", strerror(error), "see landlock(7)"};
	}
}

size_t sandbox_lacks(const struct sandbox *sandbox, struct sandbox_lack lacks[SANDBOX_LACKS_MAX]) {
	size_t count = 0;

	if (sandbox->seccomp_error)
		lacks[count++] = (struct sandbox_lack){"seccomp",
			"this kernel or container gives no system call filters",
			"use a kernel built with CONFIG_SECCOMP_FILTER, or allow seccomp(2) in the "
			"container's profile"};
	if (sandbox->landlock.abi == 0)
		lacks[count++] = landlock_lack(sandbox->landlock_error);
	else if (sandbox->landlock.abi < 6)
		lacks[count++] = (struct sandbox_lack){"landlock",
			"this kernel's Landlock cannot scope signals (ABI 6)",
			"use Linux 6.12 or later; the system call filter refuses signals all the "
			"same"};
	return count;
}
