/* SPDX-License-Identifier: MIT */
#pragma once

/* Names of machines. Non-logging. */

#include <stddef.h>

/* The name of an ELF header's e_machine, with its class (EI_CLASS) and byte order (EI_DATA): a
 * constant, or words in the 'size' bytes at 'buffer' for a machine that is not known. */
const char *machine_describe(unsigned machine, int class, int data, char *buffer, size_t size);
