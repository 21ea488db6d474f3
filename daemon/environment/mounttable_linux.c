/* SPDX-License-Identifier: MIT */
#include "mounttable.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/mounttable.h>

/* What is left of 'path' behind 'dir', if it is 'dir' or below it; else NULL. */
static const char *behind(const char *path, const char *dir) {
	size_t length = strlen(dir);

	/* Of "/" everything is behind the nothing in front of it. */
	if (length == 1)
		length = 0;
	if (strncmp(path, dir, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return NULL;
	return path + length;
}

/* The mount that 'path' is on; NULL if nothing tells. */
static const struct dltest_mounttable_entry *find_mount(
	const struct dltest_mounttable *table, const char *path) {
	const struct dltest_mounttable_entry *entry;
	char point[PATH_MAX];

	size_t length = strlen(path);
	if (length >= sizeof(point))
		return NULL;
	memcpy(point, path, length + 1);
	while (!(entry = dltest_mounttable_find(table, point))) {
		char *slash = strrchr(point, '/');

		if (!slash || strcmp(point, "/") == 0)
			return NULL;
		/* The root's own is the last. */
		slash[slash == point] = '\0';
	}
	return entry;
}

/* The name that 'target' has within the file system of 'mount', which it is on. The caller frees
 * it; NULL if out of memory. */
static char *name_within(const struct dltest_mounttable_entry *mount, const char *target) {
	const char *root = strcmp(mount->root, "/") == 0 ? "" : mount->root;
	char *name;

	return asprintf(&name, "%s%s", root, behind(target, mount->point)) < 0 ? NULL : name;
}

static bool has_below(const struct dltest_mounttable *table, const char *dir, const char *target) {
	const struct dltest_mounttable_entry *mount = find_mount(table, target);
	cleanup_free char *name = mount ? name_within(mount, target) : NULL;

	if (!name)
		return true;
	for (size_t i = 0; i < table->count; i++) {
		const struct dltest_mounttable_entry *other = &table->entries[i];
		const char *rest = behind(other->point, dir);

		if (other->mount.device == mount->mount.device && rest && rest[0] &&
			behind(name, other->root))
			return true;
	}
	return false;
}

bool mounttable_has_below(const char *dir, const char *target) {
	struct dltest_mounttable table;

	dltest_mounttable_init(&table);
	bool has = dltest_mounttable_refresh(&table) < 0 || has_below(&table, dir, target);
	dltest_mounttable_fini(&table);
	return has;
}
