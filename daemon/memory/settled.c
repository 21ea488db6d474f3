/* SPDX-License-Identifier: MIT */
#include "settled.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <dltest/cleanup.h>
#include <dltest/netfs.h>

#include "hashtable.h"
#include "sight.h"
#include "witness.h"

/* Symlinks followed on the way to one path: as many as the kernel does (path_resolution(7)). */
#define LINKS_MAX 40

enum answer {
	ANSWER_NONE,
	ANSWER_YES,
	ANSWER_SEEN, /* yes, as a witness knows of a directory in which something has changed */
	ANSWER_NO,
};

struct known {
	UT_hash_handle hh;
	char *path;
	enum answer same;   /* the path led to the same file or directory all the time */
	enum answer whole;  /* and nothing in that file or directory has changed either */
	struct stamp found; /* what 'whole' is about */
	char *real;	    /* of a directory: the path without symlinks, once it was wanted */
};

struct device {
	UT_hash_handle hh;
	uint64_t dev;
	bool own_clock;
};

struct settled {
	struct moment start;
	struct witness *witness; /* or NULL */
	uint64_t round,
		round_start; /* the present one; that of the first request, for the witness */
	struct known *paths;
	struct device *devices;
};

struct settled *settled_new(const struct moment *start) {
	struct settled *settled = calloc(1, sizeof(*settled));

	if (settled)
		settled->start = *start;
	return settled;
}

void settled_hear(struct settled *settled, struct witness *witness, uint64_t since, uint64_t now) {
	settled->witness = witness;
	settled->round_start = since;
	settled->round = now;
}

struct settled *settled_free(struct settled *settled) {
	struct known *known, *next_known;
	struct device *device, *next_device;

	if (!settled)
		return NULL;
	HASH_ITER (hh, settled->paths, known, next_known) {
		HASH_DEL(settled->paths, known);
		free(known->real);
		free(known->path);
		free(known);
	}
	HASH_ITER (hh, settled->devices, device, next_device) {
		HASH_DEL(settled->devices, device);
		free(device);
	}
	free(settled);
	return NULL;
}

/* The answers about 'path', kept from now on; NULL if out of memory. */
static struct known *find_or_add(struct settled *settled, const char *path) {
	struct known *known;

	HASH_FIND_STR(settled->paths, path, known);
	if (known)
		return known;
	known = calloc(1, sizeof(*known));
	if (!known || !(known->path = strdup(path))) {
		free(known);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, settled->paths, known->path, strlen(known->path), known);
	if (hashtable_has(&known->hh))
		return known;
	free(known->path);
	free(known);
	return NULL;
}

void settled_trust(struct settled *settled, const char *path) {
	struct known *known = find_or_add(settled, path);

	if (known)
		known->same = ANSWER_YES;
}

static bool has_own_clock(struct settled *settled, uint64_t dev, const char *path) {
	struct device *device;

	HASH_FIND(hh, settled->devices, &dev, sizeof(dev), device);
	if (device)
		return device->own_clock;
	bool own_clock = dltest_netfs_has_own_clock(path);
	device = calloc(1, sizeof(*device));
	if (device) {
		device->dev = dev;
		device->own_clock = own_clock;
		HASH_ADD(hh, settled->devices, dev, sizeof(dev), device);
		if (!hashtable_has(&device->hh))
			free(device);
	}
	return own_clock;
}

static enum answer check_same(struct settled *settled, const char *path, int links);

/* The directory that 'path' is in; NULL for the root directory. The caller frees it. */
static char *parent_of(const char *path) {
	const char *slash = strrchr(path, '/');

	return slash && slash != path ? strndup(path, (size_t)(slash - path)) : NULL;
}

/* The path that the symlink 'path' leads to, made absolute. The caller frees it. */
static char *target_of(const char *path) {
	char target[PATH_MAX], *full;
	const char *slash = strrchr(path, '/');

	if (sight_readlink(path, target) < 0)
		return NULL;
	if (target[0] == '/')
		return strdup(target);
	return asprintf(&full, "%.*s/%s", (int)(slash - path), path, target) < 0 ? NULL : full;
}

/* Whether a witness saw the directory 'path' all the time, which neither moved nor closed. If not,
 * one shall the next time, since something changes there. */
static bool was_seen_the_same(
	struct settled *settled, const char *path, const struct stat *status) {
	if (!S_ISDIR(status->st_mode) || has_own_clock(settled, status->st_dev, path))
		return false;
	if (witness_saw_same(settled->witness, status, settled->round_start))
		return true;
	witness_watch(settled->witness, path, settled->round);
	return false;
}

/* Whether a witness saw that nothing in the directory 'dir' went by the name 'name' meanwhile. */
static bool was_name_seen_the_same(struct settled *settled, const char *dir, const char *name) {
	struct stat status;

	return sight_stat(NULL, dir, &status) == 0 && was_seen_the_same(settled, dir, &status) &&
	       witness_saw_name_same(settled->witness, &status, name, settled->round_start);
}

/* Whether the directory that 'path' is in is the same, and nothing else went by the name in it. One
 * moved there for a while does not show it everywhere: vfat leaves its times alone. */
static bool check_name(struct settled *settled, const char *path, int links) {
	cleanup_free char *parent = parent_of(path);

	enum answer same = parent ? check_same(settled, parent, links) : ANSWER_YES;
	return same == ANSWER_YES || (same == ANSWER_SEEN && was_name_seen_the_same(settled, parent,
								     strrchr(path, '/') + 1));
}

/* The same of a path that may be known to be the same: a directory that is trusted, or on the way.
 */
static bool is_in_place(struct settled *settled, const char *path, int links) {
	const struct known *known = find_or_add(settled, path);

	return (known && (known->same == ANSWER_YES || known->same == ANSWER_SEEN)) ||
	       check_name(settled, path, links);
}

/* Judges a directory on the way: moving another into its place changes its times, as does making a
 * symlink. So do changes within it, which do no harm: whether it was only these a witness knows. */
static enum answer judge_same(struct settled *settled, const char *path, int links) {
	enum answer answer = ANSWER_YES;
	struct stat status;

	if (!check_name(settled, path, links) || sight_lstat(path, &status) < 0)
		return ANSWER_NO;
	struct stamp stamp = stamp_of(&status);
	if (!stamp_is_before(&stamp, &settled->start))
		answer = was_seen_the_same(settled, path, &status) ? ANSWER_SEEN : ANSWER_NO;
	if (answer == ANSWER_NO || !S_ISLNK(status.st_mode))
		return answer;
	cleanup_free char *target = links < LINKS_MAX ? target_of(path) : NULL;
	return target ? check_same(settled, target, links + 1) : ANSWER_NO;
}

static enum answer check_same(struct settled *settled, const char *path, int links) {
	struct known *known = find_or_add(settled, path);

	if (known && known->same != ANSWER_NONE)
		return known->same;
	enum answer answer = judge_same(settled, path, links);
	if (known)
		known->same = answer;
	return answer;
}

/* The directory 'path' as a path without symlinks, for as long as 'settled' lives; NULL if nobody
 * can tell. */
static const char *real_of(struct settled *settled, const char *path) {
	struct known *known = find_or_add(settled, path);

	if (known && !known->real)
		known->real = sight_real(path);
	return known ? known->real : NULL;
}

/* True if 'stamp' was taken of 'path' itself, which is in 'parent', and not of what it leads to as
 * a symlink. */
static bool is_itself(
	struct settled *settled, const char *path, const char *parent, const struct stamp *stamp) {
	const char *dir = parent ? real_of(settled, parent) : "";
	char real[PATH_MAX];

	if (!stamp_exists(stamp) || !dir)
		return false;
	int length = snprintf(
		real, sizeof(real), "%s%s", strcmp(dir, "/") == 0 ? "" : dir, strrchr(path, '/'));
	return length > 0 && (size_t)length < sizeof(real) && stamp_way(real) == stamp->way;
}

/* True if 'stamp' is of before the start, by a clock that can be believed: of what lies 'within' a
 * path on its file system. */
static bool is_old(struct settled *settled, const struct stamp *stamp, const char *within) {
	return stamp_is_before(stamp, &settled->start) &&
	       !has_own_clock(settled, stamp->dev, within);
}

/* True if 'status' is of the file that 'stamp' was taken of, unchanged, by whatever way. */
static bool is_of(const struct stat *status, const struct stamp *stamp) {
	struct stamp now = stamp_of(status);

	now.way = stamp->way;
	return stamp_equals(&now, stamp);
}

static bool check_whole(
	struct settled *settled, const char *path, const struct stamp *stamp, int links);

/* Judges a path with nothing there, in 'parent': it cannot have been there, or its directory would
 * have changed. If that has, a witness knows whether it was for this name. */
static bool judge_absent(struct settled *settled, const char *path, const char *parent, int links) {
	if (!parent)
		return false;
	const struct stamp dir = stamp_take(parent);
	return check_whole(settled, parent, &dir, links) ||
	       (check_same(settled, parent, links) != ANSWER_NO &&
		       was_name_seen_the_same(settled, parent, strrchr(path, '/') + 1));
}

/* Judges a path that has to be looked at: it is a symlink, leads nowhere, or has other names for
 * directories than a stamp. */
static bool judge_by_look(struct settled *settled, const char *path, const char *parent,
	const struct stamp *stamp, int links) {
	struct stat status;

	int r = sight_lstat(path, &status);
	if (r < 0)
		return r != -EREMOTE && r != -ENOMEM && !stamp_exists(stamp) &&
		       judge_absent(settled, path, parent, links);
	if (!is_in_place(settled, path, links))
		return false;
	if (!S_ISLNK(status.st_mode))
		return is_of(&status, stamp) && is_old(settled, stamp, path);
	/* It lies where its directory does, and may lead nowhere. */
	const struct stamp link = stamp_of(&status);
	if (!is_old(settled, &link, parent ? parent : path))
		return false;
	cleanup_free char *target = links < LINKS_MAX ? target_of(path) : NULL;
	return target && check_whole(settled, target, stamp, links + 1);
}

static bool judge_whole(
	struct settled *settled, const char *path, const struct stamp *stamp, int links) {
	cleanup_free char *parent = parent_of(path);

	if (stamp->unknown)
		return false;
	/* The stamp says all that another look at the file would, and no other one has it later. */
	if (!stamp_is_cut(stamp) && is_itself(settled, path, parent, stamp))
		return is_old(settled, stamp, path) && is_in_place(settled, path, links);
	return judge_by_look(settled, path, parent, stamp, links);
}

static bool check_whole(
	struct settled *settled, const char *path, const struct stamp *stamp, int links) {
	struct known *known = find_or_add(settled, path);

	if (known && known->whole != ANSWER_NONE)
		return known->whole == ANSWER_YES && stamp_equals(&known->found, stamp);
	bool answer = judge_whole(settled, path, stamp, links);
	if (known) {
		known->whole = answer ? ANSWER_YES : ANSWER_NO;
		known->found = *stamp;
	}
	return answer;
}

bool settled_check(struct settled *settled, const char *path, const struct stamp *stamp) {
	return check_whole(settled, path, stamp, 0);
}
