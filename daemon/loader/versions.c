/* SPDX-License-Identifier: MIT */
#include "versions.h"

#include <dltest/fact.h>
#include <link.h>
#include <stdint.h>

#include "facts.h"
#include "image.h"

void versions_tell(struct link_map *map) {
	struct image image;

	image_open(&image, map);
	const ElfW(Dyn) *entry = image_dynamic(&image, DT_VERDEF, NULL);
	const char *cursor = entry ? image_address(map, entry->d_un.d_ptr) : NULL;

	/* Nothing of it is checked: it is what the dynamic linker has gone by already, and a crash
	 * costs this process, whose only task it is. */
	while (image.strings && cursor) {
		const ElfW(Verdef) *definition = (const void *)cursor;
		const ElfW(Verdaux) *name = (const void *)(cursor + definition->vd_aux);

		/* The base version is the SONAME. */
		if (!(definition->vd_flags & VER_FLG_BASE))
			facts_add(DLTEST_FACT_VERSION, image.strings + name->vda_name);
		cursor = definition->vd_next ? cursor + definition->vd_next : NULL;
	}
}
