/* SPDX-License-Identifier: MIT */
#include "mapped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

static bool is_known(const struct mapped *mapped, const char *path) {
	for (size_t i = 0; i < mapped->count; i++) {
		if (strcmp(mapped->files[i].path, path) == 0)
			return true;
	}
	return false;
}

/* A file that was replaced has " (deleted)" behind its path (proc(5)), and is not found. */
static bool add(struct mapped *mapped, const char *path, const struct moment *start) {
	if (is_known(mapped, path))
		return true;
	if (mapped->count == MAPPED_MAX)
		return false;
	char *copy = strdup(path);
	if (!copy)
		return false;
	struct stamp stamp = stamp_take(path);
	mapped->files[mapped->count].path = copy;
	mapped->files[mapped->count++].stamp = stamp;
	return stamp_exists(&stamp) && stamp_is_before(&stamp, start);
}

void mapped_take(struct mapped *mapped, pid_t pid, const struct moment *start) {
	cleanup_free char *line = NULL;
	size_t capacity = 0;
	char path[40];

	mapped_fini(mapped);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	cleanup_file FILE *maps = fopen(path, "re");
	mapped->certain = maps != NULL;
	while (maps && getline(&line, &capacity, maps) > 0) {
		char *slash = strchr(line, '/');

		if (!slash)
			continue;
		slash[strcspn(slash, "\n")] = '\0';
		if (!add(mapped, slash, start))
			mapped->certain = false;
	}
	if (mapped->count == 0)
		mapped->certain = false;
}

bool mapped_is_same(const struct mapped *mapped) {
	if (!mapped->certain)
		return false;
	for (size_t i = 0; i < mapped->count; i++) {
		struct stamp now = stamp_take(mapped->files[i].path);

		if (!stamp_equals(&now, &mapped->files[i].stamp))
			return false;
	}
	return true;
}

bool mapped_copy(const struct mapped *mapped, struct mapped *ret_copy) {
	if (!mapped) {
		*ret_copy = (struct mapped){0};
		return true;
	}
	*ret_copy = (struct mapped){.certain = mapped->certain};
	for (size_t i = 0; i < mapped->count; i++) {
		ret_copy->files[i].stamp = mapped->files[i].stamp;
		ret_copy->files[i].path = strdup(mapped->files[i].path);
		if (!ret_copy->files[i].path) {
			mapped_fini(ret_copy);
			return false;
		}
		ret_copy->count++;
	}
	return true;
}

void mapped_fini(struct mapped *mapped) {
	for (size_t i = 0; i < mapped->count; i++)
		free(mapped->files[i].path);
	*mapped = (struct mapped){0};
}
