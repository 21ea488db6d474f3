/* SPDX-License-Identifier: MIT */
#include "package.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <dltest/cleanup.h>

#include "loadenv.h"
#include "scarce.h"
#include "sight.h"

/* Where packages lie. */
struct ground {
	size_t length;	/* of its path; 0: of the root directory */
	bool is_users;	/* the user named it, so that it may be a package itself */
	bool is_tsukus; /* each directory right below is a package */
};

/* The length of 'dir' if 'path' is below it; 0 for the root directory and for none. */
static size_t below(const char *path, const char *dir) {
	size_t length = strlen(dir);

	return strncmp(path, dir, length) == 0 && path[length] == '/' ? length : 0;
}

/* Whether the 'length' bytes at 'name' are one of the 'count' names. */
static bool is_one_of(const char *name, size_t length, const char *const *names, size_t count) {
	for (size_t i = 0; i < count; i++) {
		if (strlen(names[i]) == length && strncmp(name, names[i], length) == 0)
			return true;
	}
	return false;
}

static bool is_of_libraries(const char *name, size_t length) {
	static const char *const names[] = {"lib", "lib32", "lib64", "libx32"};

	return is_one_of(name, length, names, sizeof(names) / sizeof(names[0]));
}

static bool is_of_python(const char *name, size_t length) {
	static const char *const names[] = {"site-packages", "dist-packages"};

	return is_one_of(name, length, names, sizeof(names) / sizeof(names[0]));
}

/* The end of the directory that begins at the slash 'start'; 0 if that is the file. */
static size_t end_of_directory(const char *path, size_t start) {
	size_t end = start + 1 + strcspn(path + start + 1, "/");

	return path[end] ? end : 0;
}

/* False if 'path' is in no allowed directory. */
static bool find_ground(const struct loadenv *env, const char *path, struct ground *ret_ground) {
	const char *libs = loadenv_libs(env);
	struct ground ground = {0};
	bool found = false;

	for (size_t i = 0; i < env->roots.count; i++) {
		const char *root = env->roots.items[i];
		size_t length = below(path, root);

		if ((length == 0 && strcmp(root, "/") != 0) || (found && length <= ground.length))
			continue;
		found = true;
		ground = (struct ground){length, i >= env->system_count, false};
	}
	if (libs && below(path, libs))
		ground = (struct ground){strlen(libs), false, true};
	for (size_t at = ground.length, end;
		!ground.is_tsukus && (end = end_of_directory(path, at)); at = end) {
		if (is_of_python(path + at + 1, end - at - 1))
			ground = (struct ground){end, false, false};
	}
	*ret_ground = ground;
	return found;
}

/* Whether there is 'name', of this type (inode(7)), in the directory that the first 'length' bytes
 * of 'path' are. */
static bool has(
	const char *path, size_t length, const char *name, mode_t type, struct sight *sight) {
	cleanup_free char *there = NULL;
	struct stat status;

	if (asprintf(&there, "%.*s/%s", (int)length, path, name) < 0) {
		there = NULL;
		return false;
	}
	return sight_stat(sight, there, &status) == 0 && (status.st_mode & S_IFMT) == type;
}

/* Whether the directory is a package of Python's, of which many lie side by side. */
static bool is_pythons(const char *path, size_t length, struct sight *sight) {
	return has(path, length, "__init__.py", S_IFREG, sight);
}

/* The length of the path of the package; 0 if there is none. */
static size_t find_package(const struct ground *ground, const char *path, struct sight *sight) {
	size_t first = end_of_directory(path, ground->length);
	bool may_be_ground = ground->is_users && ground->length > 0;

	if (first == 0)
		return may_be_ground ? ground->length : 0;
	if (ground->is_tsukus)
		return first;
	for (size_t at = ground->length, end; (end = end_of_directory(path, at)); at = end) {
		if (is_of_libraries(path + at + 1, end - at - 1) && at > ground->length)
			return at;
		if (is_of_libraries(path + at + 1, end - at - 1))
			return may_be_ground ? ground->length : first;
	}
	/* Of all there is, the nearest. */
	if (ground->length == 0)
		return (size_t)(strrchr(path, '/') - path);
	bool is_ground = may_be_ground && !is_pythons(path, first, sight) &&
			 (has(path, ground->length, "lib", S_IFDIR, sight) ||
				 has(path, ground->length, "lib64", S_IFDIR, sight));
	return is_ground ? ground->length : first;
}

int package_list(
	struct strv *trees, const struct loadenv *env, const char *path, struct sight *sight) {
	struct ground ground;
	struct look look;
	char *slash;

	int r = sight_look(sight, path, &look);
	if (r < 0)
		return scarce_is_meant_by(-r) ? r : 0;
	if (!find_ground(env, look.real, &ground))
		return 0;
	size_t top = find_package(&ground, look.real, sight);
	while (top > 0 && r == 0 && (slash = strrchr(look.real, '/')) &&
		(size_t)(slash - look.real) >= top) {
		*slash = '\0';
		if (trees->count < PACKAGE_TREES_MAX - 1 || (size_t)(slash - look.real) == top)
			r = strv_add(trees, look.real);
	}
	return r;
}
