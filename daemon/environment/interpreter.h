/* SPDX-License-Identifier: MIT */
#pragma once

/* The dynamic linker, as a program. One implementation a platform. Non-logging. */

/*
 * The resolved path of the dynamic linker that this very process runs with. Found by the address
 * the kernel put it at, so that nobody has to know the name. NULL if the program has none. Static
 * memory, not to be freed.
 */
const char *interpreter_path(void);
