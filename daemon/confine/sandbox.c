/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "loader_abi.h"
#include "scarce.h"

/* A filter at no address: EFAULT where filters exist, since the kernel copies it before it looks
 * at anything else (kernel/seccomp.c). */
static int probe_seccomp(void) {
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) == 0 || errno == EFAULT)
		return 0;
	return errno;
}

/* Whether the kernel knows the action. That it gives a listener, too, shows when one is asked for
 * (gVisor, and containers within containers, do not). */
static bool probe_notify(void) {
	uint32_t action = SECCOMP_RET_USER_NOTIF;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static int build_base(struct sandbox *sandbox) {
	const enum sysfilter_kind kind =
		sandbox->notify ? SYSFILTER_BASE_NOTIFY : SYSFILTER_BASE_ERRNO;
	const uint64_t placeholder = LOADER_AFFINITY_PLACEHOLDER;

	int r = sysfilter_build(&sandbox->base, kind, SCMP_ARCH_NATIVE);
	if (r < 0)
		return r;
	if (getrandom(&sandbox->affinity_token, sizeof(sandbox->affinity_token), 0) < 0)
		return -errno;
	for (size_t i = 0; i < sandbox->base.count; i++) {
		struct sock_filter *instruction = &sandbox->base.code[i];

		if (instruction->k == (uint32_t)placeholder)
			instruction->k = (uint32_t)sandbox->affinity_token;
		else if (instruction->k == (uint32_t)(placeholder >> 32))
			instruction->k = (uint32_t)(sandbox->affinity_token >> 32);
	}
	return 0;
}

static int build_filters(struct sandbox *sandbox) {
	sandbox_fini(sandbox);
	if (sandbox->seccomp_error)
		return 0;
	int r = build_base(sandbox);
	if (r == 0 && sandbox->notify)
		return 0;
	if (r == 0)
		r = sysfilter_build(&sandbox->child, SYSFILTER_CHILD, SCMP_ARCH_NATIVE);
	if (r == 0)
		r = sysfilter_build(&sandbox->trace, SYSFILTER_TRACE, SCMP_ARCH_NATIVE);
	if (r < 0)
		sandbox_fini(sandbox);
	return r;
}

static int take_pretence(const char *word, struct sandbox_pretence *pretence) {
	char *end;

	if (strcmp(word, "no-seccomp") == 0) {
		pretence->no_seccomp = true;
		return 0;
	}
	if (strcmp(word, "no-notify") == 0) {
		pretence->no_notify = true;
		return 0;
	}
	if (strncmp(word, "landlock=", 9) != 0)
		return -EINVAL;
	long abi = strtol(word + 9, &end, 10);
	if (end == word + 9 || *end || abi < -4096 || abi > 4096)
		return -EINVAL;
	pretence->landlock = (int)abi;
	return 0;
}

int sandbox_pretence_parse(const char *text, struct sandbox_pretence *ret_pretence) {
	struct sandbox_pretence pretence = {.landlock = INT_MAX};
	cleanup_free char *copy = strdup(text);
	char *save = NULL;

	if (!copy)
		return -ENOMEM;
	for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		int r = take_pretence(word, &pretence);
		if (r < 0)
			return r;
	}
	*ret_pretence = pretence;
	return 0;
}

int sandbox_init(struct sandbox *sandbox, const struct sandbox_pretence *pretence) {
	*sandbox = (struct sandbox){0};

	int abi = landlock_probe();
	sandbox->seccomp_error = pretence->no_seccomp ? EINVAL : probe_seccomp();
	/* That there was no room to look is no word about the kernel, for a whole life. */
	if (scarce_is_meant_by(-abi) || scarce_is_meant_by(sandbox->seccomp_error))
		return scarce_is_meant_by(-abi) ? abi : -sandbox->seccomp_error;
	if (abi > pretence->landlock)
		abi = pretence->landlock;
	sandbox->landlock_error = abi < 0 ? -abi : abi == 0 ? EOPNOTSUPP : 0;
	sandbox->landlock =
		landlock_policy_for(abi < LANDLOCK_ABI_KNOWN ? abi : LANDLOCK_ABI_KNOWN);
	sandbox->notify = !sandbox->seccomp_error && !pretence->no_notify && probe_notify();
	return build_filters(sandbox);
}

void sandbox_allow_unconfined(struct sandbox *sandbox) {
	sandbox->allow_unconfined = true;
}

int sandbox_give_up_notify(struct sandbox *sandbox) {
	sandbox->notify = false;
	return build_filters(sandbox);
}

void sandbox_fini(struct sandbox *sandbox) {
	sysfilter_fini(&sandbox->base);
	sysfilter_fini(&sandbox->child);
	sysfilter_fini(&sandbox->trace);
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
	else if (!sandbox->notify)
		lacks[count++] = (struct sandbox_lack){"denials",
			"this kernel or container lets no program answer for a system call filter",
			"use Linux 5.5 or later outside of sandboxes of another kind"};
	if (sandbox->landlock.abi == 0)
		lacks[count++] = landlock_lack(sandbox->landlock_error);
	else if (sandbox->landlock.abi < 6)
		lacks[count++] = (struct sandbox_lack){"landlock",
			"this kernel's Landlock cannot scope signals (ABI 6)",
			"use Linux 6.12 or later; the system call filter refuses signals all the "
			"same"};
	return count;
}
