/* SPDX-License-Identifier: MIT */
#include "company.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <dltest/cleanup.h>

#include "loadenv.h"
#include "scarce.h"
#include "sight.h"

/* The length of 'dir' if 'path' is below it, else 0. */
static size_t below(const char *path, const char *dir) {
	size_t length = strlen(dir);

	return strncmp(path, dir, length) == 0 && path[length] == '/' ? length : 0;
}

/* Whether 'dir' is on the list of directories 'search_path', separated by colons. */
static bool is_searched(const char *search_path, const char *dir) {
	size_t length = strlen(dir);

	for (const char *at = search_path; (at = strstr(at, dir)); at++) {
		if ((at == search_path || at[-1] == ':') && (!at[length] || at[length] == ':'))
			return true;
	}
	return false;
}

/* A list that is being made. */
struct listing {
	struct strv *dirs;
	const struct loadenv *env;
	struct sight *sight;
	size_t max;
};

static int add(const struct listing *listing, const char *dir) {
	struct strv *dirs = listing->dirs;
	struct stat status;

	/* What separates elements of a search path, or begins a token in one (ld.so(8)). */
	if (dirs->count >= listing->max || strpbrk(dir, ":;$"))
		return 0;
	int r = sight_stat(listing->sight, dir, &status);
	if (r < 0)
		return scarce_is_meant_by(-r) ? r : 0;
	if (!S_ISDIR(status.st_mode) || is_searched(listing->env->search_path, dir))
		return 0;
	return strv_add_once(dirs, dir);
}

/* What is searched may be read as a whole. So a link must not lead out of the package: it might be
 * to the user's keys. */
static int add_below(const struct listing *listing, const char *package, const char *name) {
	cleanup_free char *dir = NULL;
	struct look look;

	if (asprintf(&dir, "%s/%s", package, name) < 0) {
		dir = NULL;
		return -ENOMEM;
	}
	int r = sight_look(listing->sight, dir, &look);
	if (r < 0)
		return scarce_is_meant_by(-r) ? r : 0;
	return below(look.real, package) ? add(listing, look.real) : 0;
}

/* All directories above 'path' that are longer than 'top' bytes, the nearest first. */
static int add_on_the_way(const struct listing *listing, const char *path, size_t top) {
	cleanup_free char *dir = strdup(path);
	char *slash;

	if (!dir)
		return -ENOMEM;
	while ((slash = strrchr(dir, '/')) && (size_t)(slash - dir) > top) {
		*slash = '\0';
		int r = add(listing, dir);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A package of tsuku's: libs/NAME-VERSION/… */
static int list_package(const struct listing *listing, const char *path, size_t libs) {
	static const char *const names[] = {"lib", "lib64"};
	size_t end = libs + 1 + strcspn(path + libs + 1, "/");

	if (!path[end])
		return 0;
	cleanup_free char *package = strndup(path, end);
	int r = package ? 0 : -ENOMEM;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && r == 0; i++)
		r = add_below(listing, package, names[i]);
	return r < 0 ? r : add_on_the_way(listing, path, end - 1);
}

int company_list(
	struct strv *dirs, const struct loadenv *env, const char *path, struct sight *sight) {
	const struct listing listing = {dirs, env, sight, COMPANY_MAX};
	bool anywhere = false;
	struct look look;
	size_t top = 0;

	int r = sight_look(sight, path, &look);
	if (r < 0)
		return scarce_is_meant_by(-r) ? r : 0;
	const char *real = look.real;
	const char *libs = loadenv_libs(env);
	if (libs && below(real, libs))
		return list_package(&listing, real, strlen(libs));
	for (size_t i = 0; i < env->roots.count; i++) {
		size_t length = below(real, env->roots.items[i]);

		anywhere |= strcmp(env->roots.items[i], "/") == 0;
		/* The system's own directories are no package's; one that the user names may be. */
		if (length && i >= env->system_count)
			length--;
		top = length > top ? length : top;
	}
	return top || anywhere ? add_on_the_way(&listing, real, top) : 0;
}

/* Whether libraries may be loaded from the resolved directory 'dir', so that it can be read anyway.
 */
static bool is_allowed(const struct loadenv *env, const char *dir) {
	for (size_t i = 0; i < env->roots.count; i++) {
		const char *root = env->roots.items[i];

		if (strcmp(root, "/") == 0 || strcmp(root, dir) == 0 || below(dir, root))
			return true;
	}
	return false;
}

int company_add(
	struct strv *dirs, const struct loadenv *env, const char *dir, struct sight *sight) {
	const struct listing listing = {dirs, env, sight, (size_t)2 * COMPANY_MAX};
	struct look look;

	int r = sight_look(sight, dir, &look);
	if (r < 0)
		return scarce_is_meant_by(-r) ? r : 0;
	return strcmp(look.real, dir) == 0 && is_allowed(env, dir) ? add(&listing, dir) : 0;
}

static bool has_object(const struct facts *facts, const char *path) {
	const char *object = NULL;

	while ((object = facts_next(facts, DLTEST_FACT_OBJECT, object))) {
		if (strcmp(object, path) == 0)
			return true;
	}
	return false;
}

static bool holds_object(
	const char *dir, const struct facts *facts, const struct facts *known, const char *path) {
	const char *object = NULL;

	while ((object = facts_next(facts, DLTEST_FACT_OBJECT, object))) {
		size_t length = below(object, dir);

		if (length && !strchr(object + length + 1, '/') && strcmp(object, path) != 0 &&
			!has_object(known, object))
			return true;
	}
	return false;
}

int company_used(struct strv *used, const struct strv *dirs, const struct facts *facts,
	const struct facts *known, const char *path) {
	for (size_t i = 0; i < dirs->count; i++) {
		if (!holds_object(dirs->items[i], facts, known, path))
			continue;
		int r = strv_add(used, dirs->items[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Files that are tried of one library: what it lacks is what its trace says, any number of names,
 * and nobody is answered meanwhile. The largest library of a Debian 12, with 265 objects in as many
 * directories as are tried, would need 4,000. */
#define TRIES_MAX 16384

/* Whether a library of this name would be taken from one of 'dirs', and is not 'object' anyway;
 * also if it cannot be found out, or *tries are too many. */
static bool offers(const struct strv *dirs, const char *name, const char *object,
	const char *library, size_t *tries) {
	struct stat status;
	char *path;

	for (size_t i = 0; i < dirs->count; i++) {
		if (++*tries > TRIES_MAX || asprintf(&path, "%s/%s", dirs->items[i], name) < 0)
			return true;
		int r = sight_stat(NULL, path, &status);
		bool other = (!object || strcmp(path, object) != 0) && strcmp(path, library) != 0 &&
			     (r == 0 || r == -EREMOTE);
		free(path);
		if (other)
			return true;
	}
	return false;
}

int company_basis(struct facts *basis, const struct strv *dirs, const struct strv *missing,
	const char *path) {
	cleanup_free char *real = sight_real(path);
	const char *object = NULL;
	size_t tries = 0;
	/* Of more directories nothing is known. */
	bool open = !real || dirs->count >= COMPANY_MAX;
	int r = 0;

	/* What is passed over when a directory is searched once will be so again. */
	for (size_t i = 0; i < dirs->count && !open; i++) {
		const struct strv dir = {.items = &dirs->items[i], .count = 1};

		if (facts_have(basis, DLTEST_FACT_DIRECTORY, dirs->items[i]))
			continue;
		for (size_t j = 0; j < missing->count && !open; j++)
			open = offers(&dir, missing->items[j], NULL, real, &tries);
	}
	while (!open && (object = facts_next(basis, DLTEST_FACT_OBJECT, object))) {
		const char *slash = strrchr(object, '/');

		open = slash && offers(dirs, slash + 1, object, real, &tries);
	}
	for (size_t i = 0; i < dirs->count && r == 0; i++)
		r = facts_put(basis, DLTEST_FACT_DIRECTORY, dirs->items[i]);
	if (r == 0 && open)
		r = facts_put(basis, DLTEST_FACT_INCOMPLETE, "its company was not enough");
	return r;
}

const char *company_find(const struct strv *dirs, const char *name, struct sight *sight) {
	if (strchr(name, '/'))
		return NULL;
	for (size_t i = 0; i < dirs->count; i++) {
		cleanup_free char *path = NULL;
		struct stat status;

		if (asprintf(&path, "%s/%s", dirs->items[i], name) < 0) {
			path = NULL;
			continue;
		}
		if (sight_stat(sight, path, &status) == 0)
			return dirs->items[i];
	}
	return NULL;
}
