/* SPDX-License-Identifier: MIT */
#include "interpreter.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include <dltest/cleanup.h>

/* The file that is mapped at 'address', as /proc/self/maps has it (proc(5)): "start-end perms
 * offset dev inode path". */
static void find_mapped(uintptr_t address, char path[4096]) {
	cleanup_file FILE *maps = fopen("/proc/self/maps", "re");
	cleanup_free char *line = NULL;
	size_t capacity = 0;
	uint64_t start;

	while (maps && getline(&line, &capacity, maps) > 0) {
		const char *slash = strchr(line, '/');

		if (sscanf(line, "%" SCNx64 "-", &start) != 1 || start != address || !slash)
			continue;
		snprintf(path, 4096, "%.*s", (int)strcspn(slash, "\n"), slash);
		return;
	}
}

const char *interpreter_path(void) {
	static char path[4096];
	uintptr_t base = (uintptr_t)getauxval(AT_BASE);

	if (!path[0] && base != 0)
		find_mapped(base, path);
	return path[0] ? path : NULL;
}
