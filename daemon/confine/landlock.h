/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What Landlock can do on this kernel, and which rights to handle and to give at each ABI
 * (landlock(7), uapi/linux/landlock.h). Landlock has no library. Non-logging, pure but for
 * landlock_probe().
 */

#include <stdbool.h>
#include <stdint.h>

/* The newest ABI whose rights are known here. A newer kernel is used as if it were this. */
#define LANDLOCK_ABI_KNOWN 7

struct landlock_policy {
	int abi; /* 0: no Landlock */
	/* Rights to handle, that is, to refuse but where a rule gives them. */
	uint64_t fs, net, scoped;
	uint32_t attr_size; /* bytes of landlock_ruleset_attr that this ABI has */
	uint32_t flags;	    /* for landlock_restrict_self() */
	/* Rights to give in rules. */
	uint64_t read, read_file, execute;
};

/*
 * Asks the kernel for its ABI. Returns the ABI, or -ENOSYS (not built), -EOPNOTSUPP (not enabled at
 * boot), -EPERM (refused by a container's seccomp profile).
 */
int landlock_probe(void);

/* The policy for 'abi'; one of no rights at all if 'abi' is less than 1. */
struct landlock_policy landlock_policy_for(int abi);

/* The part of 'access' that a rule may have on a file that is not a directory. */
uint64_t landlock_file_rights(uint64_t access);
