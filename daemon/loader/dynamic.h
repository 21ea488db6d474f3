/* SPDX-License-Identifier: MIT */
#pragma once

/* The dynamic section of a mapped object. */

#include <link.h>
#include <stddef.h>

/*
 * An address in a dynamic entry of 'map'. glibc has relocated it in place, where the section may be
 * written to; other C libraries leave it relative to where the object is mapped.
 */
static inline const char *dynamic_pointer(const struct link_map *map, ElfW(Addr) value) {
	return (const char *)(value < map->l_addr ? map->l_addr + value : value);
}

/* The address in the entry 'tag' of 'map'; NULL if there is none. */
static inline const char *dynamic_address(const struct link_map *map, ElfW(Sxword) tag) {
	for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == tag)
			return dynamic_pointer(map, entry->d_un.d_ptr);
	}
	return NULL;
}
