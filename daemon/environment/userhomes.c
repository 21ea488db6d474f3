/* SPDX-License-Identifier: MIT */
#include "userhomes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "mounttable.h"
#include "passwordhome.h"
#include "sight.h"

/* Directories in which each user has one. */
static const char *const places[] = {"/home", "/Users", "/var/home"};
/* As deep as a home may lie: /var/home has users' two steps down, and they are in it. */
#define HOME_DEPTH_MAX 2

/* The root directory is what those have who have no home. */
static bool tells_something(const char *home) {
	return home[0] == '/' && home[strspn(home, "/")] != '\0';
}

static int add(struct strv *homes, const char *home) {
	return home && tells_something(home) ? strv_add_once(homes, home) : 0;
}

/* The length of 'path' up to the end of its first component behind 'place'; 0 if it is not below.
 */
static size_t find_component(const char *path, const char *place) {
	size_t length = strlen(place);

	if (strncmp(path, place, length) != 0 || path[length] != '/')
		return 0;
	size_t component = strcspn(path + length + 1, "/");
	return component ? length + 1 + component : 0;
}

/* The home that 'tsuku_home' lies in: where users have theirs, or where tsuku makes its own. */
static int add_home_of(struct strv *homes, const char *tsuku_home) {
	const char *slash = strrchr(tsuku_home, '/');
	size_t length = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && length == 0; i++)
		length = find_component(tsuku_home, places[i]);
	if (length == 0 && strncmp(tsuku_home, "/root/", 6) == 0)
		length = 5;
	if (length == 0 && slash && strncmp(slash, "/.tsuku", 7) == 0)
		length = (size_t)(slash - tsuku_home);
	if (length == 0)
		return 0;
	cleanup_free char *home = strndup(tsuku_home, length);
	return home ? add(homes, home) : -ENOMEM;
}

int userhomes_list(struct strv *homes, const char *tsuku_home) {
	cleanup_strv struct strv recorded = {0};
	int r = passwordhome_list(&recorded);

	for (size_t i = 0; i < recorded.count && r == 0; i++)
		r = add(homes, recorded.items[i]);
	if (r == 0)
		r = add(homes, getenv("HOME"));
	return r < 0 || !tsuku_home ? r : add_home_of(homes, tsuku_home);
}

static bool has(const struct strv *homes, const char *home) {
	for (size_t i = 0; homes && i < homes->count; i++) {
		if (strcmp(homes->items[i], home) == 0)
			return true;
	}
	return false;
}

int userhomes_list_others(struct strv *others, const struct strv *told, const struct strv *known) {
	int r = 0;

	for (size_t i = 0; i < told->count && r == 0; i++) {
		if (!has(known, told->items[i]))
			r = add(others, told->items[i]);
	}
	return r;
}

/* Cuts the last component off 'path'. False if there is none. */
static bool go_up(char *path) {
	char *slash = strrchr(path, '/');

	if (!slash || strcmp(path, "/") == 0)
		return false;
	slash[slash == path] = '\0';
	return true;
}

/* 'home' without symlinks, or what there is of the way to it; the caller frees it. NULL if that
 * cannot be told: a link that leads nowhere yet may lead anywhere later. */
static char *resolve(const char *home, struct sight *sight) {
	cleanup_free char *way = strdup(home);
	struct stat status;
	struct look look;
	int r;

	if (!way)
		return NULL;
	while ((r = sight_look(sight, way, &look)) < 0) {
		bool is_link = sight_lstat(way, &status) == 0 && S_ISLNK(status.st_mode);

		if (r == -ENOMEM || r == -EREMOTE || r == -ETIMEDOUT || is_link || !go_up(way))
			return NULL;
	}
	return strdup(look.real);
}

/* Whether the directory of this identity is 'real_home' or one that is above it. Names alone do not
 * tell: a file system may take several for one. */
static bool is_on_the_way(const struct stat *dir, const char *real_home, struct sight *sight) {
	cleanup_free char *way = strdup(real_home);
	struct stat status;

	if (!way)
		return true;
	do {
		if (sight_stat(sight, way, &status) == 0 && status.st_dev == dir->st_dev &&
			status.st_ino == dir->st_ino)
			return true;
	} while (go_up(way));
	return false;
}

static bool may_hold_home(const char *real_dir) {
	size_t depth = 0;

	for (const char *at = real_dir; (at = strchr(at, '/')); at++)
		depth++;
	return depth <= HOME_DEPTH_MAX;
}

static bool any_is_in(const struct strv *homes, const struct look *dir, struct sight *sight) {
	for (size_t i = 0; homes && i < homes->count; i++) {
		cleanup_free char *home = resolve(homes->items[i], sight);

		if (home ? is_on_the_way(&dir->status, home, sight) ||
					mounttable_has_below(dir->real, home)
			 : may_hold_home(dir->real))
			return true;
	}
	return false;
}

/* Whether it is somebody's home by what is in it. */
static bool looks_like_home(const struct look *dir, struct sight *sight) {
	static const char *const names[] = {".ssh", ".gnupg"};
	struct stat below;

	if (dir->status.st_uid != geteuid() && dir->status.st_uid != getuid())
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cleanup_free char *path = NULL;

		if (asprintf(&path, "%s/%s", dir->real, names[i]) < 0) {
			path = NULL;
			return true;
		}
		if (sight_lstat(path, &below) == 0 || sight_stat(sight, path, &below) == 0)
			return true;
	}
	return false;
}

bool userhomes_are_in(const struct userhomes *homes, const char *dir, struct sight *sight) {
	struct look look;

	int r = sight_look(sight, dir, &look);
	if (r < 0)
		return r != -ENOENT && r != -ENOTDIR;
	if (strcmp(look.real, "/") == 0 || looks_like_home(&look, sight))
		return true;
	if ((!homes->known || homes->known->count == 0) && homes->told->count == 0)
		return may_hold_home(look.real);
	return any_is_in(homes->known, &look, sight) || any_is_in(homes->told, &look, sight);
}
