/* SPDX-License-Identifier: MIT */
#pragma once

/* Where the program of a plugin may be. Non-logging. */

#include "strv.h"

struct loadenv;

struct hostdirs {
	/* To be looked through for the host, in this order; one component of each may be '*', for
	 * any directory there. */
	struct strv programs;
	size_t own_count;      /* of these, the first ones are the package's own and tsuku's */
	struct strv libraries; /* that have the system's libraries */
	size_t package_depth;  /* so many directories, from the library's own upwards, may be of its
				* package: none above what the user allowed */
};

/*
 * Fills 'dirs', which is empty, for the library at 'path': its own package, what else tsuku has
 * installed, the system. Nothing of the environment has a part in it: a verdict does not depend on
 * who asks. hostdirs_fini() frees what it holds, in any case. Returns 0 or -ENOMEM.
 */
int hostdirs_list(struct hostdirs *dirs, const struct loadenv *env, const char *path);

/* Frees what 'dirs' holds. */
void hostdirs_fini(struct hostdirs *dirs);
