/* SPDX-License-Identifier: MIT */
#pragma once

/* The parts of form: a file of its own for each kind of file. */

#include <stdbool.h>

#include "form.h"
#include "window.h"

/* The form of the file that 'window' is on, which begins with the magic number of an ELF file. */
enum form form_of_elf(struct window *window);

/* As form_of_elf(), for other systems' libraries: Mach-O and PE files. Returns FORM_OTHER for all
 * else. */
enum form form_of_foreign(struct window *window);
