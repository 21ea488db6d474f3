/* SPDX-License-Identifier: MIT */
#include "versions.h"

#include <link.h>
#include <stdint.h>

#include "dynamic.h"
#include "facts.h"

void versions_tell(const struct link_map *map) {
	const char *strings = dynamic_address(map, DT_STRTAB);
	const char *cursor = dynamic_address(map, DT_VERDEF);

	/* Nothing of it is checked: it is what the dynamic linker has gone by already, and a crash
	 * costs this process, whose only task it is. */
	while (strings && cursor) {
		const ElfW(Verdef) *definition = (const void *)cursor;
		const ElfW(Verdaux) *name = (const void *)(cursor + definition->vd_aux);

		/* The base version is the SONAME. */
		if (!(definition->vd_flags & VER_FLG_BASE))
			facts_add(LOADER_FACT_VERSION, strings + name->vda_name);
		cursor = definition->vd_next ? cursor + definition->vd_next : NULL;
	}
}
