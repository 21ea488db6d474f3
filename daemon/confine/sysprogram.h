/* SPDX-License-Identifier: MIT */
#pragma once

/* The rules of a system call filter, made a program for the kernel. For sysfilter.c alone;
 * non-logging. */

#include <stdint.h>

struct sysfilter;

/*
 * Makes a program of 'rules', a filter of libseccomp, in *ret_filter, which sysfilter_fini() frees;
 * with 'prologue_arch', an audit architecture, what comes before libseccomp's own: system calls
 * newer than this build are not there. 0: no prologue. Returns 0, -E2BIG for more than
 * LOADER_FILTER_MAX instructions, or another -errno; *ret_filter may have code then, too.
 */
int sysprogram_export(void *rules, uint32_t prologue_arch, struct sysfilter *ret_filter);
