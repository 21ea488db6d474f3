/* SPDX-License-Identifier: MIT */
#pragma once

/* What elfdyn.c and elfdyn_symbols.c share. */

#include "elfdyn.h"

/* The first dynamic entry with 'tag'; NULL if there is none. */
const ElfW(Dyn) * elfdyn_entry(const struct elfdyn *elf, ElfW(Sxword) tag);

/*
 * Sets *ret_table to what the dynamic entry with 'tag' points to, NULL without such an entry, and
 * *ret_room to the bytes that are there in the file. Returns false if it points out of the file, or
 * to what is not aligned to 'alignment'; *ret_table is NULL then.
 */
bool elfdyn_table(const struct elfdyn *elf, ElfW(Sxword) tag, size_t alignment,
	const void **ret_table, uint64_t *ret_room);

/* The string at this offset of the string table; NULL if that ends before. */
const char *elfdyn_string(const struct elfdyn *elf, uint64_t offset);

/* The chains of the GNU hash table, which there must be, one element for each symbol from
 * gnu_hash[1] on, and how many of them are in the file. Its buckets are right before them. */
const uint32_t *elfdyn_gnu_chains(const struct elfdyn *elf, size_t *ret_count);
