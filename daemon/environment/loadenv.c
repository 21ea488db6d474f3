/* SPDX-License-Identifier: MIT */
#include "loadenv.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <dltest/cleanup.h>

#include "clibrary.h"
#include "loader_abi.h"
#include "stamp.h"
#include "systemdirs.h"

#define LD_SO_CONF "/etc/ld.so.conf"
/* Bytes of a variable of the environment (MAX_ARG_STRLEN, execve(2)), without its name and its NUL.
 */
#define SEARCH_PATH_MAX (128 * 1024 - sizeof("LD_LIBRARY_PATH="))

DEFINE_CLEANUP(struct loadenv *, loadenv_free);

/* What ordinary constructors and the dynamic linker itself read besides libraries. None of it is
 * needed for any verdict that was measured; without it some libraries complain or start slower. */
static const struct {
	const char *path;
	enum loadenv_access access;
} common[] = {
	{"/etc/ld.so.cache", LOADENV_READ_FILE},
	{"/etc/ld.so.preload", LOADENV_READ_FILE},
	{"/etc/ld-musl-x86_64.path", LOADENV_READ_FILE},
	{"/etc/ld-musl-aarch64.path", LOADENV_READ_FILE},
	{"/etc/localtime", LOADENV_READ_FILE},
	{"/usr/share/zoneinfo", LOADENV_READ},
	{"/usr/share/locale", LOADENV_READ},
	{"/usr/share/icu", LOADENV_READ},
	{"/sys/devices/system/cpu", LOADENV_READ},
	{"/sys/devices/system/node", LOADENV_READ},
	{"/sys/kernel/mm/transparent_hugepage", LOADENV_READ},
	{"/dev/null", LOADENV_READ_FILE},
	{"/dev/zero", LOADENV_READ_FILE},
	{"/dev/full", LOADENV_READ_FILE},
	{"/dev/random", LOADENV_READ_FILE},
	{"/dev/urandom", LOADENV_READ_FILE},
};

static void print_list(FILE *stream, const struct strv *list) {
	/* Each with its length, since a path may hold any separator. */
	fprintf(stream, "%zu;", list->count);
	for (size_t i = 0; i < list->count; i++)
		fprintf(stream, "%zu:%s", strlen(list->items[i]), list->items[i]);
}

char *loadenv_key(const struct strv *library_path, const struct strv *roots) {
	char *key = NULL;
	size_t size;
	FILE *stream = open_memstream(&key, &size);

	if (!stream)
		return NULL;
	print_list(stream, library_path);
	print_list(stream, roots);
	if (fclose(stream) != 0) {
		free(key);
		return NULL;
	}
	return key;
}

static void take_status(const char *path, struct loadenv_rule *rule) {
	struct stat status;

	rule->exists = stat(path, &status) == 0;
	rule->is_dir = rule->exists && S_ISDIR(status.st_mode);
	rule->dev = rule->exists ? status.st_dev : 0;
	rule->ino = rule->exists ? status.st_ino : 0;
	rule->way = rule->is_named ? stamp_take(path).way : 0;
}

static int add_rule(struct loadenv *env, const char *path, enum loadenv_access access) {
	if (env->rules_count == LOADER_RULES_MAX)
		return LOADENV_E_TOO_MANY;
	struct loadenv_rule *rules = reallocarray(env->rules, env->rules_count + 1, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	env->rules = rules;
	struct loadenv_rule *rule = &rules[env->rules_count];
	*rule = (struct loadenv_rule){
		.path = strdup(path), .access = access, .is_named = env->system_count > 0};
	if (!rule->path)
		return -ENOMEM;
	take_status(path, rule);
	env->rules_count++;
	return 0;
}

/* Whether 'dir' is 'user_home' or above it. */
static bool gives_away(const char *dir, const char *user_home) {
	cleanup_free char *real_dir = realpath(dir, NULL);
	cleanup_free char *real_home = user_home ? realpath(user_home, NULL) : NULL;

	if (!real_dir)
		return false;
	size_t length = strlen(real_dir);
	if (strcmp(real_dir, "/") == 0)
		return true;
	return real_home && strncmp(real_home, real_dir, length) == 0 &&
	       (real_home[length] == '/' || real_home[length] == '\0');
}

/* What the user names with --root is readable as a whole; what happens to be on the library path
 * is not, if that would be everything. */
static int add_library_path(struct loadenv *env, const char *user_home, const struct strv *dirs) {
	int r = 0;

	for (size_t i = 0; i < dirs->count && r == 0; i++) {
		if (!gives_away(dirs->items[i], user_home))
			r = add_rule(env, dirs->items[i], LOADENV_READ);
	}
	return r;
}

/* The root that 'libs' was added as, with all symlinks resolved. */
static void find_libs(struct loadenv *env, const char *libs) {
	cleanup_free char *real = realpath(libs, NULL);

	for (size_t i = 0; i < env->roots.count && real; i++) {
		if (strcmp(env->roots.items[i], real) == 0)
			env->libs_root = i + 1;
	}
}

/* What the user names is meant, if it is everything; what the system's configuration names is not.
 */
static int add_root(struct loadenv *env, const char *root) {
	cleanup_free char *real = realpath(root, NULL);

	if (real && strcmp(real, "/") == 0)
		return strv_add_once(&env->roots, real);
	return systemdirs_add_resolved(&env->roots, root);
}

static int add_rules(struct loadenv *env, const char *libs, const char *tools,
	const char *user_home, const struct strv *library_path, const struct strv *roots) {
	cleanup_strv struct strv system = {0};
	int r = 0;

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]) && r == 0; i++)
		r = add_rule(env, common[i].path, common[i].access);
	if (r == 0)
		r = systemdirs_list(&system, LD_SO_CONF);
	for (size_t i = 0; i < system.count && r == 0; i++) {
		r = add_rule(env, system.items[i], LOADENV_READ);
		if (r == 0)
			r = strv_add_once(&env->roots, system.items[i]);
	}
	env->system_count = env->roots.count;
	if (libs && r == 0)
		r = add_rule(env, libs, LOADENV_READ);
	if (tools && r == 0)
		r = add_rule(env, tools, LOADENV_READ);
	if (libs && r == 0)
		r = systemdirs_add_resolved(&env->roots, libs);
	if (libs)
		find_libs(env, libs);
	for (size_t i = 0; i < roots->count && r == 0; i++) {
		r = add_rule(env, roots->items[i], LOADENV_READ);
		if (r == 0)
			r = add_root(env, roots->items[i]);
	}
	return r ? r : add_library_path(env, user_home, library_path);
}

/* An element with a colon or semicolon cannot be said in LD_LIBRARY_PATH (ld.so(8)). */
static bool is_sayable(const char *dir) {
	return dir[0] == '/' && !strpbrk(dir, ":;");
}

static char *make_search_path(const char *libs, const struct strv *library_path) {
	char *path = NULL;
	size_t size;
	FILE *stream = open_memstream(&path, &size);

	if (!stream)
		return NULL;
	if (libs && is_sayable(libs))
		fputs(libs, stream);
	for (size_t i = 0; i < library_path->count; i++) {
		if (is_sayable(library_path->items[i]))
			fprintf(stream, "%s%s", ftell(stream) > 0 ? ":" : "",
				library_path->items[i]);
	}
	if (fclose(stream) != 0) {
		free(path);
		return NULL;
	}
	return path;
}

static int below_home(const char *home, const char *name, char **ret_path) {
	*ret_path = NULL;
	if (home && asprintf(ret_path, "%s/%s", home, name) < 0) {
		*ret_path = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* FNV-1a with 64 bits (draft-eastlake-fnv). */
#define DIGEST_START UINT64_C(0xcbf29ce484222325)

static void digest(uint64_t *sum, const void *bytes, size_t size) {
	for (size_t i = 0; i < size; i++)
		*sum = (*sum ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
}

static void digest_status(uint64_t *sum, uint64_t index, const struct stat *status) {
	const uint64_t numbers[] = {index, status->st_dev, status->st_ino,
		(uint64_t)status->st_ctim.tv_sec, (uint64_t)status->st_ctim.tv_nsec};

	digest(sum, numbers, sizeof(numbers));
}

/* What of a directory in the search path the loader itself meets. */
struct sight {
	uint64_t digest;
	bool may_mislead; /* true: a C library may be found there that is not this system's */
};

/*
 * The directories for special hardware, and the C library. Which of the former are there the
 * dynamic linker finds out when it looks for the latter, once for all loads of a zygote; one of
 * them may have a C library, too.
 */
static void look_into(const char *dir, size_t length, struct sight *sight) {
	static const char *const names[] = {
		"glibc-hwcaps", "tls", "haswell", "x86_64", "aarch64", CLIBRARY_NAME};
	char path[PATH_MAX];
	struct stat status;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%.*s/%s", (int)length, dir, names[i]);
		if (stat(path, &status) < 0)
			continue;
		digest_status(&sight->digest, i, &status);
		sight->may_mislead |= S_ISDIR(status.st_mode) || clibrary_is_foreign(path);
	}
	digest(&sight->digest, ":", 1);
}

static struct sight look_at(const char *search_path) {
	/* The dynamic linker makes other names of those with tokens. */
	struct sight sight = {
		.digest = DIGEST_START, .may_mislead = strchr(search_path, '$') != NULL};

	for (const char *dir = search_path; dir[0];) {
		size_t length = strcspn(dir, ":");

		look_into(dir, length, &sight);
		dir += length + (dir[length] == ':');
	}
	return sight;
}

/* What separates elements, or begins a token, cannot be said in LD_PRELOAD (ld.so(8)). */
static void note_sight(struct loadenv *env) {
	struct sight sight = look_at(env->search_path);
	const char *clibrary = sight.may_mislead ? clibrary_path() : NULL;

	env->search_digest = sight.digest;
	env->clibrary = clibrary && !strpbrk(clibrary, ": $") ? clibrary : NULL;
}

int loadenv_find_foreign(const struct loadenv *env, struct strv *files) {
	cleanup_free char *search_path = strdup(env->search_path);
	char *save = NULL;
	int r = search_path ? 0 : -ENOMEM;

	for (char *dir = r < 0 ? NULL : strtok_r(search_path, ":", &save); dir && r == 0;
		dir = strtok_r(NULL, ":", &save))
		r = clibrary_find_foreign(files, dir);
	return r;
}

static uint64_t digest_dirs(const struct loadenv *env) {
	uint64_t sum = DIGEST_START;

	for (size_t i = 0; i < env->rules_count; i++) {
		const struct loadenv_rule *rule = &env->rules[i];
		const uint64_t numbers[] = {rule->exists, rule->dev, rule->ino, rule->way};

		digest(&sum, rule->path, strlen(rule->path) + 1);
		digest(&sum, numbers, sizeof(numbers));
	}
	for (size_t i = 0; i < env->roots.count; i++)
		digest(&sum, env->roots.items[i], strlen(env->roots.items[i]) + 1);
	return sum;
}

int loadenv_new(const char *home, const char *user_home, const struct strv *library_path,
	const struct strv *roots, struct loadenv **ret_env) {
	CLEANUP(loadenv_free_p) struct loadenv *env = calloc(1, sizeof(*env));
	cleanup_free char *libs = NULL, *tools = NULL;

	if (!env || below_home(home, "libs", &libs) < 0 || below_home(home, "tools", &tools) < 0)
		return -ENOMEM;
	env->key = loadenv_key(library_path, roots);
	env->search_path = make_search_path(libs, library_path);
	if (!env->key || !env->search_path)
		return -ENOMEM;
	if (strlen(env->search_path) >= SEARCH_PATH_MAX)
		return LOADENV_E_TOO_MANY;
	int r = add_rules(env, libs, tools, user_home, library_path, roots);
	if (r)
		return r;
	if (env->roots.count > LOADER_ROOTS_MAX)
		return LOADENV_E_TOO_MANY;
	env->dirs_digest = digest_dirs(env);
	note_sight(env);
	*ret_env = steal_ptr(&env);
	return 0;
}

const char *loadenv_libs(const struct loadenv *env) {
	return env->libs_root ? env->roots.items[env->libs_root - 1] : NULL;
}

void loadenv_free(struct loadenv *env) {
	if (!env)
		return;
	for (size_t i = 0; i < env->rules_count; i++)
		free(env->rules[i].path);
	free(env->rules);
	strv_fini(&env->roots);
	free(env->search_path);
	free(env->key);
	free(env);
}

bool loadenv_is_current(const struct loadenv *env) {
	for (size_t i = 0; i < env->rules_count; i++) {
		struct loadenv_rule now;

		now.is_named = env->rules[i].is_named;
		take_status(env->rules[i].path, &now);
		if (now.exists != env->rules[i].exists || now.dev != env->rules[i].dev ||
			now.ino != env->rules[i].ino || now.way != env->rules[i].way)
			return false;
	}
	return look_at(env->search_path).digest == env->search_digest;
}
