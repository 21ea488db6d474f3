/* SPDX-License-Identifier: MIT */
#pragma once

/* The system that an ELF file of this machine is for, and whether it is a program: what its dynamic
 * section and its notes tell. Non-logging. */

#include <stdbool.h>

#include "elffile.h"
#include "platform.h"

struct elfsystem {
	bool is_program;	  /* position-independent */
	bool is_empty;		  /* nothing is in its dynamic section */
	struct platform platform; /* without a name: this system */
};

/* Looks at 'file', whose segments are known. */
struct elfsystem elfsystem_find(struct elffile *file);
