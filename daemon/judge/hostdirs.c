/* SPDX-License-Identifier: MIT */
#include "hostdirs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "loadenv.h"

/* How many directories up from a library the 'bin' of its package may be beside: lib/x/y/z.so. */
#define PACKAGE_DEPTH_MAX 4

/* How many directories from that of a library upwards may be its package's. */
#define PACKAGE_DIRS_MAX 5

/* Where programs are that users have, and those that services have. */
static const char *const system_dirs[] = {
	"/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"};

static int add(struct strv *dirs, const char *start, size_t length, const char *rest) {
	char *text;

	if (asprintf(&text, "%.*s%s", (int)length, start, rest) < 0)
		return -ENOMEM;
	int r = strv_add_once(dirs, text);
	free(text);
	return r;
}

/* The root of 'env' that 'path' is below; NULL if there is none. */
static const char *root_of(const struct loadenv *env, const char *path) {
	for (size_t i = env->system_count; i < env->roots.count; i++) {
		const char *root = env->roots.items[i];
		size_t length = strlen(root);

		if (strncmp(root, path, length) == 0 && path[length] == '/')
			return root;
	}
	return NULL;
}

/* The 'bin' beside each of the directories on the way to 'path', from the nearest one; none above
 * what the user allowed, and nothing of the system's, whose places are known. */
static int add_package(struct strv *dirs, const struct loadenv *env, const char *path) {
	const char *root = root_of(env, path);
	size_t least = root ? strlen(root) : 0, length = strlen(path);
	int r = 0;

	for (int i = 0; root && i < PACKAGE_DEPTH_MAX && length > least && r == 0; i++) {
		while (length > least && path[length - 1] != '/')
			length--;
		/* Without its slash; "/" itself is "". */
		length -= length > 0;
		if (length < least)
			break;
		r = add(dirs, path, length, "/bin");
	}
	return r;
}

/* The number of directories from that of 'path' upwards to its root, as far as packages go. */
static size_t count_package(const struct loadenv *env, const char *path) {
	const char *root = root_of(env, path);
	size_t count = 0;

	for (const char *rest = path + (root ? strlen(root) : 0); (rest = strchr(rest, '/'));
		rest++)
		count++;
	return count < PACKAGE_DIRS_MAX ? count : PACKAGE_DIRS_MAX;
}

/* What else tsuku has installed is beside its libraries. */
static int add_tools(struct strv *dirs, const struct loadenv *env) {
	const char *libs = loadenv_libs(env), *slash = libs ? strrchr(libs, '/') : NULL;

	return slash ? add(dirs, libs, (size_t)(slash - libs), "/tools/*/bin") : 0;
}

int hostdirs_list(struct hostdirs *dirs, const struct loadenv *env, const char *path) {
	int r = add_package(&dirs->programs, env, path);

	if (r == 0)
		r = add_tools(&dirs->programs, env);
	dirs->own_count = dirs->programs.count;
	dirs->package_depth = count_package(env, path);
	for (size_t i = 0; i < sizeof(system_dirs) / sizeof(system_dirs[0]) && r == 0; i++)
		r = strv_add_once(&dirs->programs, system_dirs[i]);
	for (size_t i = 0; i < env->system_count && r == 0; i++)
		r = strv_add_once(&dirs->libraries, env->roots.items[i]);
	return r;
}

void hostdirs_fini(struct hostdirs *dirs) {
	strv_fini(&dirs->programs);
	strv_fini(&dirs->libraries);
}
