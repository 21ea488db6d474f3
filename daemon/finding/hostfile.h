/* SPDX-License-Identifier: MIT */
#pragma once

/* A program or library, mapped to be asked for the names that it gives. Whoever may cut it off
 * while it is mapped has this process die of SIGBUS: it has to be one of its own. Non-logging. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "elfdyn.h"
#include "stamp.h"

/* So many exports a program has that means to be a host. */
#define HOSTFILE_EXPORTS_MIN 20

struct hostfile {
	struct stamp stamp;
	struct elfdyn elf;  /* elf.bytes is NULL if there is nothing that it gives */
	const char *soname; /* NULL: it has none */
	bool is_native;	    /* an ELF file of this machine with a dynamic section */
	bool is_program;    /* of these, one that is started and never needed by others */
	size_t exports;	    /* counted as far as HOSTFILE_EXPORTS_MIN */
};

/*
 * Maps the regular file at 'path', of which stat(2) told 'status'. The caller frees it by
 * hostfile_fini(); without an error it is what it is, native or not. Returns 0 or -errno.
 */
int hostfile_init(const char *path, const struct stat *status, struct hostfile *ret_file);

/* Frees what 'file' has mapped. */
void hostfile_fini(struct hostfile *file);

/* True if the file gives a symbol of this name. */
bool hostfile_gives(const struct hostfile *file, const char *name);

/* True if its SONAME has a version, as those of libraries have that others are linked with. */
bool hostfile_has_version(const struct hostfile *file);
