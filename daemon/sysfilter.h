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
	SYSFILTER_BASE,	 /* S1 */
	SYSFILTER_CHILD, /* S2; LOADER_PID_PLACEHOLDER stands for the child's process id */
};

/*
 * Builds a filter for the libseccomp architecture token 'arch' (SCMP_ARCH_NATIVE, or another for
 * tests). sysfilter_fini() frees it. Returns 0 or -errno.
 */
int sysfilter_build(struct sysfilter *filter, enum sysfilter_kind kind, uint32_t arch);

void sysfilter_fini(struct sysfilter *filter);
