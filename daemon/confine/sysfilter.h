/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The system call filters, as programs for the kernel: the base filter (S1), which the loader is
 * executed under, and the child filter (S2), which a load child adds. Built with libseccomp in
 * the daemon; the loader gets S1 inherited and S2 as bytes. docs/SECURITY.md has the policy in
 * words. Non-logging.
 */

#include <stddef.h>
#include <stdint.h>

struct sock_filter;

struct sysfilter {
	struct sock_filter *code;
	size_t count; /* instructions */
};

enum sysfilter_kind {
	/* S1 where refusals can be recorded: what is refused asks the daemon, which answers with an
	 * error (seccomp_unotify(2)). A process forks only when the daemon says so. */
	SYSFILTER_BASE_NOTIFY,
	/* S1 where refusals cannot be recorded: what is refused gets an error, and the zygote may
	 * fork and signal. */
	SYSFILTER_BASE_ERRNO,
	/* S2, which is needed only on top of SYSFILTER_BASE_ERRNO: takes back from a load child
	 * what its zygote may do. LOADER_PID_PLACEHOLDER stands for the child's process id. */
	SYSFILTER_CHILD,
	/* S2 for a child that is to trace, which has to execute the dynamic linker. */
	SYSFILTER_TRACE,
};

/*
 * Builds a filter of 'kind' for the libseccomp architecture token 'arch' (SCMP_ARCH_NATIVE, or
 * another for tests). In a base filter LOADER_AFFINITY_PLACEHOLDER, which is two operands, stands
 * for the token that a child puts itself on a processor with. sysfilter_fini() frees the filter.
 * Returns 0 or -errno.
 */
int sysfilter_build(struct sysfilter *filter, enum sysfilter_kind kind, uint32_t arch);

/* Frees the code of 'filter', which is then empty. */
void sysfilter_fini(struct sysfilter *filter);
