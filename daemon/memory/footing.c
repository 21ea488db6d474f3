/* SPDX-License-Identifier: MIT */
#include "footing.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <dltest/cleanup.h>

#include "hashtable.h"
#include "loadenv.h"
#include "mapped.h"
#include "memory_entry.h"
#include "places.h"
#include "sight.h"
#include "verdict.h"

/* Places of one verdict at most, those that are there twice included. Of the 3,900 libraries of a
 * Debian 12 none has more than 265. */
#define PLACES_MAX 1024
/* Slashes in a path at most, since each directory on the way is looked at. The same libraries
 * have 14. */
#define SLASHES_MAX 64
/* Directories of one verdict at most, those for special hardware included. */
#define DIRECTORIES_MAX 256
/* Bytes of a directory and a name, joined: of a path that the kernel takes, and some more. */
#define JOINED_MAX 8192
/* Lookups of names in the directories of one verdict at most, of which the same libraries have
 * 1,818, and of all verdicts of a finder. */
#define LOOKUPS_MAX	32768
#define ALL_LOOKUPS_MAX 65536
/* Bytes of what a finder has looked up; 256 libraries have 200 KiB. */
#define LARGE (1024 * 1024)
/* Lookups of names, and directories on the way, that cost as much as one place. */
#define LOOKUPS_A_PLACE 8
#define SLASHES_A_PLACE 8
/* Places that cost as much as finding out what is in a searched directory. */
#define DIRECTORY_IN_PLACES 3

/* Names below a searched directory under which glibc looks for forms of libraries made for special
 * processors (ld.so(8); the ones but the first until glibc 2.37). Their appearance shows in the
 * directory; what is in those that exist does not. */
static const char *const hardware[] = {"glibc-hwcaps", "tls", "haswell", "xeon_phi", "avx512_1",
	"x86_64", "aarch64", "atomics", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
#define HARDWARE_DEPTH 4

/* A path that was looked up. */
struct seen {
	UT_hash_handle hh;
	char *path;
	bool exists;
};

struct footing {
	struct places *places;
	uint64_t round;
	struct seen *seen;
	size_t lookups, bytes;
};

/* The list of places of one verdict, being made. */
struct list {
	struct places *places;
	uint64_t round;
	place_id ids[PLACES_MAX];
	size_t count;
	/* The directories among the places that exist, with device and inode. */
	struct directory {
		char *path;
		size_t length;
		uint64_t dev, ino;
	} directories[DIRECTORIES_MAX];
	size_t directories_count;
	size_t lookups;
	bool failed;
};

bool footing_is_complete(const struct verdict *verdict) {
	return !facts_has(&verdict->facts, DLTEST_FACT_INCOMPLETE) &&
	       !facts_has(&verdict->basis, DLTEST_FACT_INCOMPLETE);
}

static int copy_facts(
	struct facts *to, const struct facts *from, enum dltest_fact kind, enum dltest_fact as) {
	const char *text = NULL;
	int r = 0;

	while (r == 0 && (text = facts_next(from, kind, text)))
		r = facts_put(to, as, text);
	return r;
}

int footing_collect(struct footing_paths *paths, const char *path, const struct strv *preload,
	const struct verdict *verdict) {
	const char *name = NULL;

	int r = facts_put(&paths->others, DLTEST_FACT_OBJECT, path);
	for (size_t i = 0; i < preload->count && r == 0; i++)
		r = facts_put(&paths->others, DLTEST_FACT_OBJECT, preload->items[i]);
	if (r == 0)
		r = copy_facts(
			&paths->objects, &verdict->facts, DLTEST_FACT_OBJECT, DLTEST_FACT_OBJECT);
	if (r == 0)
		r = copy_facts(&paths->others, &verdict->facts, DLTEST_FACT_DIRECTORY,
			DLTEST_FACT_DIRECTORY);
	if (r == 0)
		r = facts_append(&paths->others, verdict->basis.bytes, verdict->basis.size);
	for (size_t i = 0; i < verdict->missing.count && r == 0; i++)
		r = strv_add(&paths->missing, verdict->missing.items[i]);
	while (r == 0 && (name = facts_next(&verdict->basis, DLTEST_FACT_NAME, name)))
		r = strv_add(&paths->missing, name);
	return r;
}

int footing_collect_env(
	struct footing_paths *paths, const struct loadenv *env, const struct mapped *mapped) {
	cleanup_free char *search_path = strdup(env->search_path);
	char *save = NULL;
	int r = search_path ? 0 : -ENOMEM;

	for (char *dir = r < 0 ? NULL : strtok_r(search_path, ":", &save); dir && r == 0;
		dir = strtok_r(NULL, ":", &save))
		r = facts_put(&paths->others, DLTEST_FACT_DIRECTORY, dir);
	for (size_t i = 0; mapped && i < mapped->count && r == 0; i++)
		r = facts_put(&paths->others, DLTEST_FACT_OBJECT, mapped->files[i].path);
	return r;
}

void footing_paths_fini(struct footing_paths *paths) {
	facts_fini(&paths->objects);
	facts_fini(&paths->others);
	strv_fini(&paths->missing);
}

static size_t count_slashes(const char *path) {
	size_t count = 0;

	for (; (path = strchr(path, '/')); path++)
		count++;
	return count;
}

bool footing_is_too_deep(const char *path) {
	return count_slashes(path) > SLASHES_MAX;
}

/* Counts the facts of a kind, and adds the effort of their places to *effort. */
static size_t count_facts(const struct facts *facts, enum dltest_fact kind, size_t *effort) {
	const char *text = NULL;
	size_t count = 0;

	for (; (text = facts_next(facts, kind, text)); count++)
		*effort += 1 + count_slashes(text) / SLASHES_A_PLACE;
	return count;
}

size_t footing_effort(const struct footing_paths *paths) {
	size_t effort = 0;

	size_t names = count_facts(&paths->objects, DLTEST_FACT_OBJECT, &effort) +
		       count_facts(&paths->others, DLTEST_FACT_OBJECT, &effort);
	size_t directories = count_facts(&paths->others, DLTEST_FACT_DIRECTORY, &effort);
	if (names + directories > PLACES_MAX)
		return SIZE_MAX;
	size_t lookups = (names + paths->missing.count) * directories;
	if (lookups > LOOKUPS_MAX)
		lookups = LOOKUPS_MAX;
	return effort + DIRECTORY_IN_PLACES * directories + lookups / LOOKUPS_A_PLACE;
}

struct footing *footing_new(struct places *places, uint64_t round) {
	struct footing *footing = calloc(1, sizeof(*footing));

	if (footing) {
		footing->places = places;
		footing->round = round;
	}
	return footing;
}

struct footing *footing_free(struct footing *footing) {
	struct seen *seen, *next;

	if (!footing)
		return NULL;
	HASH_ITER (hh, footing->seen, seen, next) {
		HASH_DEL(footing->seen, seen);
		free(seen->path);
		free(seen);
	}
	free(footing);
	return NULL;
}

bool footing_is_large(const struct footing *footing) {
	return footing->bytes > LARGE;
}

/* True if there is anything at 'path', if only a symlink that leads nowhere. */
static bool exists(struct footing *footing, const char *path) {
	struct seen *seen;
	struct stat status;

	HASH_FIND_STR(footing->seen, path, seen);
	if (seen)
		return seen->exists;
	footing->lookups++;
	int r = sight_lstat(path, &status);
	/* What may not be looked at may be there; as a place it is never the same. */
	bool answer = r == 0 || r == -EREMOTE;
	seen = calloc(1, sizeof(*seen));
	if (seen && (seen->path = strdup(path))) {
		seen->exists = answer;
		HASH_ADD_KEYPTR(hh, footing->seen, seen->path, strlen(seen->path), seen);
		if (hashtable_has(&seen->hh)) {
			footing->bytes += sizeof(*seen) + strlen(path) + 1;
			return answer;
		}
		free(seen->path);
	}
	free(seen);
	return answer;
}

/* True if one place more may be added, of 'path'. What is too long for a path is not looked at:
 * what looks at all parts of a path goes as deep as it is long. */
static bool may_add(const struct list *list, const char *path) {
	return list->count < PLACES_MAX && strlen(path) < PATH_MAX && !footing_is_too_deep(path);
}

static place_id add_place(struct list *list, const char *path) {
	place_id id = may_add(list, path) ? places_get_since(list->places, path, list->round)
					  : PLACE_NONE;

	if (id == PLACE_NONE)
		list->failed = true;
	else
		list->ids[list->count++] = id;
	return id;
}

/* Writes "DIRECTORY/NAME" to 'path'; false if that is longer than any path. */
static bool join(char path[JOINED_MAX], const char *dir, size_t length, const char *name) {
	size_t size = strlen(name) + 1;

	if (length + 1 + size > JOINED_MAX)
		return false;
	memcpy(path, dir, length);
	path[length] = '/';
	memcpy(path + length + 1, name, size);
	return true;
}

/*
 * Adds what goes by the name of a wanted library in a directory that was searched, and was not
 * taken: a symlink that leads nowhere yet, a file of another architecture. When one of these
 * changes, the directory does not show it; when one appears, it does.
 */
static void add_passed_over(struct footing *footing, struct list *list,
	const struct directory *directory, const char *name) {
	char path[JOINED_MAX];

	/* A hostile library can take the finder from others, whose verdicts are then not kept. */
	if (++list->lookups > LOOKUPS_MAX || footing->lookups > ALL_LOOKUPS_MAX ||
		!join(path, directory->path, directory->length, name))
		list->failed = true;
	else if (exists(footing, path))
		add_place(list, path);
}

/* The searched directory that 'object' is in, by the 'length' bytes before its name; NULL if it is
 * in none of those. */
static const struct directory *directory_of(
	const struct list *list, const char *object, size_t length) {
	for (size_t i = 0; i < list->directories_count; i++) {
		const struct directory *directory = &list->directories[i];

		if (directory->length == length && memcmp(directory->path, object, length) == 0)
			return directory;
	}
	return NULL;
}

/* Adds what bears the name of 'object' in other directories than the one where it is, by whatever
 * name of that directory. */
static void add_passed_over_for(struct footing *footing, struct list *list, const char *object) {
	const char *slash = strrchr(object, '/');
	const struct directory *own =
		slash ? directory_of(list, object, (size_t)(slash - object)) : NULL;

	for (size_t i = 0; slash && i < list->directories_count && !list->failed; i++) {
		const struct directory *directory = &list->directories[i];

		if (!own || directory->dev != own->dev || directory->ino != own->ino)
			add_passed_over(footing, list, directory, slash + 1);
	}
}

static void add_passed_over_of(
	struct footing *footing, struct list *list, const struct facts *objects) {
	const char *object = NULL;

	while (!list->failed && (object = facts_next(objects, DLTEST_FACT_OBJECT, object)))
		add_passed_over_for(footing, list, object);
}

/* Adds a directory that was searched, and those for special hardware in it. */
static void add_directory(struct footing *footing, struct list *list, const char *path, int depth) {
	struct directory *directory = &list->directories[list->directories_count];
	char below[JOINED_MAX];

	place_id id = add_place(list, path);
	if (list->failed || !stamp_exists(places_stamp(list->places, id)))
		return;
	if (list->directories_count == DIRECTORIES_MAX || !(directory->path = strdup(path))) {
		list->failed = true;
		return;
	}
	directory->length = strlen(path);
	directory->dev = places_stamp(list->places, id)->dev;
	directory->ino = places_stamp(list->places, id)->ino;
	list->directories_count++;
	for (size_t i = 0; i < sizeof(hardware) / sizeof(hardware[0]) && depth < HARDWARE_DEPTH;
		i++) {
		if (join(below, directory->path, directory->length, hardware[i]) &&
			exists(footing, below))
			add_directory(footing, list, below, depth + 1);
	}
}

static void add_objects(struct list *list, const struct facts *facts, const char *after) {
	const char *object = after;

	while (!list->failed && (object = facts_next(facts, DLTEST_FACT_OBJECT, object)))
		add_place(list, object);
}

static void add_others(struct footing *footing, struct list *list,
	const struct footing_paths *paths, const char *path) {
	const char *dir = NULL;

	add_objects(list, &paths->others, path);
	while (!list->failed && (dir = facts_next(&paths->others, DLTEST_FACT_DIRECTORY, dir)))
		add_directory(footing, list, dir, 0);
	add_passed_over_of(footing, list, &paths->objects);
	add_passed_over_of(footing, list, &paths->others);
	for (size_t i = 0; i < paths->missing.count; i++) {
		for (size_t j = 0; j < list->directories_count && !list->failed; j++)
			add_passed_over(
				footing, list, &list->directories[j], paths->missing.items[i]);
	}
	/* A name with a slash is a path of its own. */
	for (size_t i = 0; i < paths->missing.count && !list->failed; i++) {
		const char *name = paths->missing.items[i];

		if (name[0] == '/')
			add_place(list, name);
		else if (strchr(name, '/'))
			list->failed = true; /* relative to a directory that may change */
	}
}

static void drop_all(struct list *list) {
	for (size_t i = 0; i < list->count; i++)
		places_drop(list->places, list->ids[i]);
}

static void forget_directories(struct list *list) {
	while (list->directories_count > 0)
		free(list->directories[--list->directories_count].path);
}

/* Takes out places that are there twice, but for the path and the objects. */
static void remove_twins(struct list *list, size_t start) {
	size_t kept = start;

	for (size_t i = start; i < list->count; i++) {
		size_t j = 0;

		while (j < kept && list->ids[j] != list->ids[i])
			j++;
		if (j < kept)
			places_drop(list->places, list->ids[i]);
		else
			list->ids[kept++] = list->ids[i];
	}
	list->count = kept;
}

bool footing_find(
	struct footing *footing, const struct footing_paths *paths, struct memory_entry *entry) {
	static struct list list;

	list.places = footing->places;
	list.round = footing->round;
	list.count = 0;
	list.lookups = 0;
	list.failed = false;
	/* The path that was asked about is the first of them. */
	const char *path = facts_next(&paths->others, DLTEST_FACT_OBJECT, NULL);
	add_place(&list, path);
	add_objects(&list, &paths->objects, NULL);
	size_t objects = list.count;
	add_others(footing, &list, paths, path);
	forget_directories(&list);
	if (!list.failed) {
		remove_twins(&list, objects);
		entry->places = malloc(list.count * sizeof(place_id));
	}
	if (list.failed || !entry->places) {
		drop_all(&list);
		return false;
	}
	memcpy(entry->places, list.ids, list.count * sizeof(place_id));
	entry->objects_count = (uint32_t)objects - 1;
	entry->places_count = (uint32_t)list.count;
	return true;
}
