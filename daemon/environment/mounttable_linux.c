/* SPDX-License-Identifier: MIT */
#include "mounttable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

/* A line of the table (proc(5)): a directory 'root' of the file system 'device', seen as 'point'.
 * They are parts of the line. */
struct mount {
	char *device;
	char *root;
	char *point;
};

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

/* Blanks and the like are written as \ooo there. */
static void unescape(char *text) {
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
			const char digits[] = {from[1], from[2], from[3], '\0'};

			*to = (char)strtoul(digits, NULL, 8);
			from += 4;
			continue;
		}
		*to = *from++;
	}
	*to = '\0';
}

static bool parse(char *line, struct mount *mount) {
	char *save = NULL;
	char *field = strtok_r(line, " ", &save);

	for (int i = 0; i < 2 && field; i++)
		field = strtok_r(NULL, " ", &save);
	mount->device = field;
	mount->root = strtok_r(NULL, " ", &save);
	mount->point = strtok_r(NULL, " ", &save);
	if (!mount->device || !mount->root || !mount->point)
		return false;
	unescape(mount->root);
	unescape(mount->point);
	return true;
}

/* Where 'target' lies: in which file system, and by what name there. */
struct address {
	char *device;
	char *path;
};

static void address_fini(struct address *address) {
	free(address->device);
	free(address->path);
}

/* Of mounts at one point the last covers the others. False if out of memory. */
static bool take_if_nearer(const struct mount *mount, const char *target, struct address *address,
	size_t *point_length) {
	const char *rest = behind(target, mount->point);
	struct address nearer;

	if (!rest || strlen(mount->point) < *point_length)
		return true;
	nearer.device = strdup(mount->device);
	if (asprintf(&nearer.path, "%s%s", strcmp(mount->root, "/") == 0 ? "" : mount->root, rest) <
		0)
		nearer.path = NULL;
	address_fini(address);
	*address = nearer;
	*point_length = strlen(mount->point);
	return nearer.device && nearer.path;
}

static bool find_address(FILE *table, const char *target, struct address *address) {
	cleanup_free char *line = NULL;
	size_t capacity = 0, length = 0;
	struct mount mount;

	while (getline(&line, &capacity, table) > 0) {
		if (parse(line, &mount) && !take_if_nearer(&mount, target, address, &length))
			return false;
	}
	return length > 0;
}

static bool has_mount_below(FILE *table, const char *dir, const struct address *address) {
	cleanup_free char *line = NULL;
	size_t capacity = 0;
	struct mount mount;

	while (getline(&line, &capacity, table) > 0) {
		if (!parse(line, &mount) || strcmp(mount.device, address->device) != 0)
			continue;
		const char *rest = behind(mount.point, dir);
		if (rest && rest[0] && behind(address->path, mount.root))
			return true;
	}
	return false;
}

bool mounttable_has_below(const char *dir, const char *target) {
	struct address address = {NULL, NULL};
	cleanup_file FILE *table = fopen("/proc/self/mountinfo", "re");

	bool has = !table || !find_address(table, target, &address);
	if (!has) {
		rewind(table);
		has = has_mount_below(table, dir, &address);
	}
	address_fini(&address);
	return has;
}
