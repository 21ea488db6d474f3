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
#include "loaders.h"
#include "scarce.h"
#include "sight.h"
#include "stamp.h"
#include "systemdirs.h"
#include "userhomes.h"

#define LD_SO_CONF "/etc/ld.so.conf"
/* Bytes of a variable of the environment (MAX_ARG_STRLEN, execve(2)), without its name and its NUL.
 */
#define SEARCH_PATH_MAX (128 * 1024 - sizeof("LD_LIBRARY_PATH="))

DEFINE_CLEANUP(struct loadenv *, loadenv_free);

/* What ordinary constructors and the dynamic linker itself read besides libraries: their world, in
 * which nothing is anybody's secret (docs/SECURITY.md has what else was thought of). That of /proc
 * is the child's own (loader/setup.c). */
static const struct {
	const char *path;
	enum loadenv_access access;
} common[] = {
	{"/etc/ld.so.cache", LOADENV_READ_FILE},
	{"/etc/ld.so.preload", LOADENV_READ_FILE},
	{"/etc/ld-musl-x86_64.path", LOADENV_READ_FILE},
	{"/etc/ld-musl-aarch64.path", LOADENV_READ_FILE},
	/* Who and where it is: getpwuid(3), getaddrinfo(3), nss. */
	{"/etc/passwd", LOADENV_READ_FILE},
	{"/etc/group", LOADENV_READ_FILE},
	{"/etc/nsswitch.conf", LOADENV_READ_FILE},
	{"/etc/hosts", LOADENV_READ_FILE},
	{"/etc/host.conf", LOADENV_READ_FILE},
	{"/etc/resolv.conf", LOADENV_READ_FILE},
	{"/etc/machine-id", LOADENV_READ_FILE},
	{"/etc/os-release", LOADENV_READ_FILE},
	{"/etc/localtime", LOADENV_READ_FILE},
	/* What libraries that many programs share are set up by. */
	{"/etc/ssl/openssl.cnf", LOADENV_READ_FILE},
	{"/etc/ssl/certs", LOADENV_READ},
	{"/etc/pki/tls", LOADENV_READ},
	{"/etc/crypto-policies", LOADENV_READ},
	{"/etc/fonts", LOADENV_READ},
	{"/var/cache/fontconfig", LOADENV_READ},
	/* Zones, languages, fonts, schemas. */
	{"/usr/share", LOADENV_READ},
	{"/sys/devices/system/cpu", LOADENV_READ},
	{"/sys/devices/system/node", LOADENV_READ},
	{"/sys/kernel/mm/transparent_hugepage", LOADENV_READ},
	{"/dev/null", LOADENV_READ_FILE},
	{"/dev/zero", LOADENV_READ_FILE},
	{"/dev/full", LOADENV_READ_FILE},
	{"/dev/random", LOADENV_READ_FILE},
	{"/dev/urandom", LOADENV_READ_FILE},
};

char *loadenv_key(const struct loader *loader, const struct strv *library_path,
	const struct strv *roots, const struct strv *homes) {
	char *key = NULL;
	size_t size;
	FILE *stream = open_memstream(&key, &size);

	if (!stream)
		return NULL;
	fprintf(stream, "%s;", loaders_libc_name(loader->libc));
	strv_print(stream, library_path);
	strv_print(stream, roots);
	strv_print(stream, homes);
	if (fclose(stream) != 0) {
		free(key);
		return NULL;
	}
	return key;
}

/* Returns 0, also where there is nothing, or -errno where the system has no room to look. */
static int take_status(const char *path, struct sight *sight, struct loadenv_rule *rule) {
	struct look look;
	int r = rule->is_named ? sight_look(sight, path, &look)
			       : sight_stat(sight, path, &look.status);

	rule->exists = r == 0;
	rule->unanswered = r == -ETIMEDOUT;
	rule->is_dir = rule->exists && S_ISDIR(look.status.st_mode);
	rule->dev = rule->exists ? look.status.st_dev : 0;
	rule->ino = rule->exists ? look.status.st_ino : 0;
	rule->way = rule->exists && rule->is_named ? stamp_way(look.real) : 0;
	return scarce_is_meant_by(-r) ? r : 0;
}

static int add_rule(
	struct loadenv *env, struct sight *sight, const char *path, enum loadenv_access access) {
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
	env->rules_count++;
	int r = take_status(path, sight, rule);
	if (r < 0)
		return r;
	return rule->unanswered && rule->is_named ? strv_add_once(&env->left_out, path) : 0;
}

/* What the user names with --root is readable as a whole; what happens to be on the library path
 * is not, if that would be everything. What does not answer is a rule to be left out. */
static int add_searched(struct loadenv *env, struct sight *sight,
	const struct userhomes *user_homes, const char *dir) {
	struct stat status;

	if (sight_stat(sight, dir, &status) != -ETIMEDOUT &&
		userhomes_are_in(user_homes, dir, sight))
		return 0;
	return add_rule(env, sight, dir, LOADENV_READ);
}

static int add_library_path(struct loadenv *env, struct sight *sight,
	const struct userhomes *user_homes, const struct strv *dirs) {
	int r = 0;

	for (size_t i = 0; i < dirs->count && r == 0; i++)
		r = add_searched(env, sight, user_homes, dirs->items[i]);
	return r;
}

/* What is tsuku's own is no home, but if it is a link to one. */
static int add_own(struct loadenv *env, struct sight *sight, const struct userhomes *user_homes,
	const char *dir) {
	struct stat status;

	if (!dir)
		return 0;
	int r = sight_lstat(dir, &status);
	if (r == -EREMOTE || (r == 0 && S_ISLNK(status.st_mode)))
		return add_searched(env, sight, user_homes, dir);
	return add_rule(env, sight, dir, LOADENV_READ);
}

/* The root that 'libs' was added as, with all symlinks resolved. */
static void find_libs(struct loadenv *env, struct sight *sight, const char *libs) {
	struct look look;
	bool is_there = sight_look(sight, libs, &look) == 0;

	for (size_t i = 0; i < env->roots.count && is_there; i++) {
		if (strcmp(env->roots.items[i], look.real) == 0)
			env->libs_root = i + 1;
	}
}

/* What the user names is meant, if it is everything; what the system's configuration names is not.
 */
static int add_root(struct loadenv *env, struct sight *sight, const char *root) {
	struct look look;

	if (sight_look(sight, root, &look) == 0 && strcmp(look.real, "/") == 0)
		return strv_add_once(&env->roots, look.real);
	return systemdirs_add_resolved(&env->roots, root, sight);
}

static int add_system(struct loadenv *env, struct sight *sight) {
	cleanup_strv struct strv system = {0};
	int r = 0;

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]) && r == 0; i++)
		r = add_rule(env, sight, common[i].path, common[i].access);
	if (r == 0)
		r = systemdirs_list(&system, LD_SO_CONF, sight);
	for (size_t i = 0; i < system.count && r == 0; i++) {
		r = add_rule(env, sight, system.items[i], LOADENV_READ);
		if (r == 0)
			r = strv_add_once(&env->roots, system.items[i]);
	}
	env->system_count = env->roots.count;
	return r;
}

static int add_rules(struct loadenv *env, struct sight *sight, const char *libs, const char *tools,
	const struct userhomes *user_homes, const struct strv *library_path,
	const struct strv *roots) {
	int r = add_system(env, sight);

	if (r == 0)
		r = add_own(env, sight, user_homes, libs);
	if (r == 0)
		r = add_own(env, sight, user_homes, tools);
	if (libs && r == 0)
		r = systemdirs_add_resolved(&env->roots, libs, sight);
	if (libs)
		find_libs(env, sight, libs);
	for (size_t i = 0; i < roots->count && r == 0; i++) {
		r = add_rule(env, sight, roots->items[i], LOADENV_READ);
		if (r == 0)
			r = add_root(env, sight, roots->items[i]);
	}
	return r ? r : add_library_path(env, sight, user_homes, library_path);
}

/* An element with a colon or semicolon cannot be said in LD_LIBRARY_PATH (ld.so(8)). */
static bool is_sayable(const char *dir) {
	return dir[0] == '/' && !strpbrk(dir, ":;");
}

/* Whether 'dir' is to be searched: what does not answer would stop the dynamic linker. */
static bool is_searchable(const struct loadenv *env, const char *dir) {
	if (!is_sayable(dir))
		return false;
	for (size_t i = 0; i < env->left_out.count; i++) {
		if (strcmp(env->left_out.items[i], dir) == 0)
			return false;
	}
	return true;
}

static char *make_search_path(
	const struct loadenv *env, const char *libs, const struct strv *library_path) {
	char *path = NULL;
	size_t size;
	FILE *stream = open_memstream(&path, &size);

	if (!stream)
		return NULL;
	if (libs && is_searchable(env, libs))
		fputs(libs, stream);
	for (size_t i = 0; i < library_path->count; i++) {
		if (is_searchable(env, library_path->items[i]))
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

/* What of the directories in the search path the loader itself meets. */
struct meeting {
	uint64_t digest;
	bool may_mislead; /* true: a C library may be found there that is not this system's */
};

/*
 * The directories for special hardware, and the C library. Which of the former are there the
 * dynamic linker finds out when it looks for the latter, once for all loads of a zygote; one of
 * them may have a C library, too.
 */
static void look_into(
	const char *dir, size_t length, struct sight *sight, struct meeting *meeting) {
	static const char *const names[] = {
		"glibc-hwcaps", "tls", "haswell", "x86_64", "aarch64", CLIBRARY_NAME};
	char path[PATH_MAX];
	struct stat status;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%.*s/%s", (int)length, dir, names[i]);
		if (sight_stat(sight, path, &status) < 0)
			continue;
		digest_status(&meeting->digest, i, &status);
		meeting->may_mislead |= S_ISDIR(status.st_mode) || clibrary_is_foreign(path, sight);
	}
	digest(&meeting->digest, ":", 1);
}

static struct meeting look_at(const char *search_path, struct sight *sight) {
	/* The dynamic linker makes other names of those with tokens. */
	struct meeting meeting = {
		.digest = DIGEST_START, .may_mislead = strchr(search_path, '$') != NULL};

	for (const char *dir = search_path; dir[0];) {
		size_t length = strcspn(dir, ":");

		look_into(dir, length, sight, &meeting);
		dir += length + (dir[length] == ':');
	}
	return meeting;
}

/* What separates elements, or begins a token, cannot be said in LD_PRELOAD (ld.so(8)). */
static void note_meeting(struct loadenv *env, struct sight *sight) {
	struct meeting meeting = look_at(env->search_path, sight);
	bool may_mislead = meeting.may_mislead && env->loader->libc == LOADERS_GLIBC;
	const char *clibrary = may_mislead ? clibrary_path() : NULL;

	env->search_digest = meeting.digest;
	env->clibrary = clibrary && !strpbrk(clibrary, ": $") ? clibrary : NULL;
}

int loadenv_find_foreign(const struct loadenv *env, struct sight *sight, struct strv *files) {
	cleanup_free char *search_path = strdup(env->search_path);
	char *save = NULL;
	int r = search_path ? 0 : -ENOMEM;

	for (char *dir = r < 0 ? NULL : strtok_r(search_path, ":", &save); dir && r == 0;
		dir = strtok_r(NULL, ":", &save))
		r = clibrary_find_foreign(files, dir, sight);
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

/* What the paths of 'env' lead to; all of it is looked at before anything is waited for. */
static int look_around(struct loadenv *env, struct sight *sight, const char *libs,
	const struct strv *library_path) {
	env->search_path = make_search_path(env, libs, library_path);
	if (!env->search_path)
		return -ENOMEM;
	if (strlen(env->search_path) >= SEARCH_PATH_MAX)
		return LOADENV_E_TOO_MANY;
	env->dirs_digest = digest_dirs(env);
	note_meeting(env, sight);
	return sight_is_waiting(sight) ? -EREMOTE : 0;
}

int loadenv_new(const struct loader *loader, const char *home, const struct userhomes *user_homes,
	const struct strv *library_path, const struct strv *roots, struct sight *sight,
	struct loadenv **ret_env) {
	CLEANUP(loadenv_free_p) struct loadenv *env = calloc(1, sizeof(*env));
	cleanup_free char *libs = NULL, *tools = NULL;

	if (!env || below_home(home, "libs", &libs) < 0 || below_home(home, "tools", &tools) < 0)
		return -ENOMEM;
	env->loader = loader;
	env->key = loadenv_key(loader, library_path, roots, user_homes->told);
	if (!env->key)
		return -ENOMEM;
	int r = add_rules(env, sight, libs, tools, user_homes, library_path, roots);
	if (r == 0)
		r = look_around(env, sight, libs, library_path);
	if (r)
		return r;
	if (env->roots.count > LOADER_ROOTS_MAX)
		return LOADENV_E_TOO_MANY;
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
	strv_fini(&env->left_out);
	free(env->search_path);
	free(env->key);
	free(env);
}

static bool is_same(const struct loadenv_rule *then, const struct loadenv_rule *now) {
	return now->exists == then->exists && now->unanswered == then->unanswered &&
	       now->dev == then->dev && now->ino == then->ino && now->way == then->way;
}

int loadenv_is_current(const struct loadenv *env, struct sight *sight) {
	bool same = true;

	for (size_t i = 0; i < env->rules_count && same; i++) {
		struct loadenv_rule now = {.is_named = env->rules[i].is_named};

		int r = take_status(env->rules[i].path, sight, &now);
		/* One that is not known yet may be the same. */
		same = r == 0 && (is_same(&env->rules[i], &now) || sight_is_waiting(sight));
	}
	bool meets_same = look_at(env->search_path, sight).digest == env->search_digest;
	if (sight_is_waiting(sight))
		return -EREMOTE;
	return same && meets_same;
}
