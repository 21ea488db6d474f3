/* SPDX-License-Identifier: MIT */
#pragma once

/* Hash tables, by uthash. Its own choice of a hash function falls through the cases of a switch, of
 * which clang warns wherever it is expanded; this one reads a byte at a time, and keys are short.
 */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>
