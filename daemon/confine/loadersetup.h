/* SPDX-License-Identifier: MIT */
#pragma once

/* Writes the set-up that a zygote reads when it starts (loader_abi.h). Non-logging. */

#include <stdint.h>

struct loadenv;
struct sandbox;

/* What of our own children may read. */
struct loadersetup_own {
	const char *loader;  /* absolute path of the loader program */
	const char *standin; /* absolute path of the stand-in; NULL: there is none */
};

/* Makes the set-up for zygotes of 'env', whose children may read 'own', too. Returns a
 * close-on-exec descriptor to read it from, which the caller closes, or -errno. */
int loadersetup_make(const struct sandbox *sandbox, const struct loadenv *env,
	const struct loadersetup_own *own);

struct loadenv_rule;
struct landlock_policy;

/* The Landlock rights that 'rule' gives. */
uint64_t loadersetup_rights(const struct landlock_policy *policy, const struct loadenv_rule *rule);
