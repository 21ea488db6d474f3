/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The loader programs, one for each C library that there is one for: a library is loaded by that of
 * the C library which it was linked with. Non-logging.
 */

#include <stdbool.h>

enum loaders_libc {
	LOADERS_GLIBC,
	LOADERS_MUSL,
	LOADERS_LIBCS,
};

struct loader {
	enum loaders_libc libc;
	char *program;	   /* absolute, without symlinks; NULL: there is none for this C library */
	char *interpreter; /* the dynamic linker that it names; "" if it names none */
	char *linker;	   /* the same without symlinks, as it was last there; NULL: it never was */
	bool can_run; /* true: it was there, with its C library, when that was last looked at */
};

struct loaders {
	struct loader of[LOADERS_LIBCS]; /* by their C library */
	const struct loader *own;	 /* what is for either is loaded with; NULL: none can run */
};

/* The word for 'libc' in the protocol. Static memory. */
const char *loaders_libc_name(enum loaders_libc libc);

/* Finds the C library of this name. Returns false if it is no such name. */
bool loaders_find_libc(const char *name, enum loaders_libc *ret_libc);

/* Adds the loader program at 'path', under the C library whose dynamic linker it names (PT_INTERP,
 * elf(5)), if there is no other of that; one that names none counts as glibc's. Returns 0; -ENOENT
 * if there is no such program; -ENOMEM. */
int loaders_add(struct loaders *loaders, const char *path);

/* The loader for 'libc', if it can run; else NULL. It is looked at anew each time, unless it is the
 * own one: the other C library comes and goes with packages, while the daemon runs. */
const struct loader *loaders_for(struct loaders *loaders, enum loaders_libc libc);

/* Frees what 'loaders' holds, and leaves it empty. */
void loaders_fini(struct loaders *loaders);
