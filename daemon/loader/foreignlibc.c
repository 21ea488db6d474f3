/* SPDX-License-Identifier: MIT */
#include "foreignlibc.h"

#ifdef __GLIBC__

void foreignlibc_refuse(uint64_t start_ns, const char *path, struct link_map *map) {
	(void)start_ns, (void)path, (void)map;
}

#else

#include <dltest/fact.h>
#include <dltest/reasons.h>
#include <stdio.h>
#include <string.h>

#include "facts.h"
#include "guard.h"
#include "image.h"
#include "platform.h"
#include "report.h"

struct seeking {
	struct link_map *map;
	const char *needed; /* glibc's; NULL: none found */
};

static void seek(void *context) {
	struct seeking *seeking = context;
	const ElfW(Dyn) *entry = NULL;
	struct image image;

	for (; seeking->map; seeking->map = seeking->map->l_next) {
		image_open(&image, seeking->map);
		while ((entry = image_dynamic(&image, DT_NEEDED, entry))) {
			const char *name = image_string(&image, entry->d_un.d_val);

			if (!name || !platform_is_glibc(name))
				continue;
			seeking->needed = name;
			return;
		}
	}
}

void foreignlibc_refuse(uint64_t start_ns, const char *path, struct link_map *map) {
	static char text[5200];
	struct seeking seeking = {.map = map};
	struct report report = {.stage = LOADER_STAGE_OPENED,
		.reason = DLTEST_REASON_WRONG_PLATFORM,
		.text = text,
		.start_ns = start_ns};

	guard_run(seek, &seeking);
	if (!seeking.needed)
		return;
	snprintf(text, sizeof(text), "%s: %s needs %.64s, which is for the C library glibc", path,
		seeking.map == map ? "it" : seeking.map->l_name, seeking.needed);
	facts_add(DLTEST_FACT_PLATFORM, "glibc");
	report.facts = facts_get(&report.facts_size);
	report_finish(&report);
}

#endif
