/* SPDX-License-Identifier: MIT */
#include "loadenv.h"
#include "loaders.h"

#include <dltest/protocol.h>
#include <string.h>

#include "list.h"
#include "tempdir.h"
#include "userhomes.h"

static const struct loader loader = {.libc = LOADERS_GLIBC};

TestSuite(loadenv, .init = tempdir_make, .fini = tempdir_remove);

static const struct strv none;
static const struct userhomes nobodys = {.known = &none, .told = &none};

static struct strv list_of(const char *a, const char *b) {
	struct strv list = {0};

	if (a)
		cr_assert_eq(strv_add(&list, a), 0);
	if (b)
		cr_assert_eq(strv_add(&list, b), 0);
	return list;
}

Test(loadenv, keys_tell_settings_apart) {
	static const char *const settings[][4] = {
		{NULL, NULL, NULL, NULL},
		{"/a", NULL, NULL, NULL},
		{NULL, NULL, "/a", NULL},
		{"/a", "/b", NULL, NULL},
		{"/b", "/a", NULL, NULL},
		{"/a:/b", NULL, NULL, NULL},
		{"/a", NULL, "/b", NULL},
		{"/a1:/b", NULL, NULL, NULL},
		{"/a\n", NULL, NULL, NULL},
		{NULL, NULL, NULL, "/a"},
		{"/a", NULL, NULL, "/a"},
	};
	const size_t count = sizeof(settings) / sizeof(settings[0]);
	char *keys[11];

	for (size_t i = 0; i < count; i++) {
		cleanup_strv struct strv path = list_of(settings[i][0], settings[i][1]);
		cleanup_strv struct strv roots = list_of(settings[i][2], NULL);
		cleanup_strv struct strv homes = list_of(settings[i][3], NULL);

		keys[i] = loadenv_key(&loader, &path, &roots, &homes);
		cr_assert_not_null(keys[i]);
		for (size_t j = 0; j < i; j++)
			cr_expect_str_neq(keys[i], keys[j]);
	}
	for (size_t i = 0; i < count; i++)
		free(keys[i]);
}

static const struct loadenv_rule *rule_of(const struct loadenv *env, const char *path) {
	for (size_t i = 0; i < env->rules_count; i++) {
		if (strcmp(env->rules[i].path, path) == 0)
			return &env->rules[i];
	}
	return NULL;
}

Test(loadenv, tells_what_is_searched_and_what_is_allowed) {
	cleanup_strv struct strv path = list_of(below("p"), "/with:colon");
	cleanup_strv struct strv roots = list_of(below("root"), NULL);
	struct loadenv *env;
	char expected[600];

	make_dir("home/libs");
	make_dir("root");
	make_dir("p");
	cr_assert_eq(loadenv_new(&loader, below("home"), &nobodys, &path, &roots, NULL, &env), 0);
	snprintf(expected, sizeof(expected), "%s:%s", below("home/libs"), below("p"));
	cr_expect_str_eq(env->search_path, expected, "tsuku's own first, nothing unsayable");
	cr_expect(list_has(&env->roots, below("home/libs")));
	cr_expect(list_has(&env->roots, below("root")));
	cr_expect_not(list_has(&env->roots, below("p")), "searched is not allowed");
	cr_expect_not_null(rule_of(env, below("p")));
	cr_expect(rule_of(env, below("home/libs"))->is_dir);
	cr_expect_not(rule_of(env, below("home/tools"))->exists);
	cr_expect_null(rule_of(env, below("home")));
	loadenv_free(env);
}

Test(loadenv, the_root_directory_allows_everything) {
	cleanup_strv struct strv path = {0};
	cleanup_strv struct strv roots = list_of("/", below("link"));
	struct loadenv *env;

	cr_assert_eq(symlink("/", below("link")), 0);
	cr_assert_eq(loadenv_new(&loader, NULL, &nobodys, &path, &roots, NULL, &env), 0);
	cr_expect_eq(env->roots.count, env->system_count + 1);
	cr_expect_str_eq(env->roots.items[env->system_count], "/");
	loadenv_free(env);
}

Test(loadenv, the_library_path_does_not_give_the_home_away) {
	cleanup_strv struct strv path = list_of(tempdir, "/");
	cleanup_strv struct strv roots = {0}, homes = list_of(below("user"), NULL);
	const struct userhomes users = {.known = &homes, .told = &none};
	struct loadenv *env;

	make_dir("user");
	cr_assert_eq(loadenv_new(&loader, NULL, &users, &path, &roots, NULL, &env), 0);
	cr_expect_null(rule_of(env, tempdir));
	cr_expect_null(rule_of(env, "/"));
	cr_expect_not_null(strstr(env->search_path, tempdir), "it is searched all the same");
	loadenv_free(env);
}

Test(loadenv, whatever_a_request_may_name_gets_its_rule) {
	cleanup_strv struct strv path = {0}, roots = {0};
	struct loadenv *env;

	for (int i = 0; i < DLTEST_LIST_MAX; i++) {
		cr_assert_eq(strv_add(&path, below("path-%d", i)), 0);
		cr_assert_eq(strv_add(&roots, below("root-%d", i)), 0);
	}
	cr_assert_eq(loadenv_new(&loader, below("home"), &nobodys, &path, &roots, NULL, &env), 0);
	for (int i = 0; i < DLTEST_LIST_MAX; i++) {
		cr_expect_not_null(rule_of(env, path.items[i]));
		cr_expect_not_null(rule_of(env, roots.items[i]));
	}
	loadenv_free(env);
}

Test(loadenv, notices_changes) {
	cleanup_strv struct strv path = list_of(below("p"), NULL);
	cleanup_strv struct strv roots = {0};
	struct loadenv *env;

	cr_assert_eq(loadenv_new(&loader, NULL, &nobodys, &path, &roots, NULL, &env), 0);
	cr_expect(loadenv_is_current(env, NULL));
	make_dir("p");
	cr_expect_not(loadenv_is_current(env, NULL), "it is there now");
	loadenv_free(env);
	cr_assert_eq(loadenv_new(&loader, NULL, &nobodys, &path, &roots, NULL, &env), 0);
	cr_expect(loadenv_is_current(env, NULL));
	make_dir("other");
	cr_assert_eq(rename(below("other"), below("p")), 0);
	cr_expect_not(loadenv_is_current(env, NULL), "it is another");
	loadenv_free(env);
}

static struct loadenv *env_searching(const char *dir) {
	cleanup_strv struct strv path = list_of(dir, NULL);
	cleanup_strv struct strv roots = {0};
	struct loadenv *env;

	cr_assert_eq(loadenv_new(&loader, NULL, &nobodys, &path, &roots, NULL, &env), 0);
	return env;
}

Test(loadenv, a_foreign_c_library_that_comes_or_goes_makes_it_another) {
	make_dir("p");
	struct loadenv *without = env_searching(below("p"));
	cr_expect_null(without->clibrary);
	write_file(below("p/libc.so.6"), "");
	cr_expect_not(loadenv_is_current(without, NULL));
	struct loadenv *with = env_searching(below("p"));
	cr_assert_not_null(with->clibrary);
	cr_expect_eq(access(with->clibrary, R_OK), 0);
	cr_expect(loadenv_is_current(with, NULL));
	unlink(below("p/libc.so.6"));
	cr_expect_not(loadenv_is_current(with, NULL));
	loadenv_free(with);
	loadenv_free(without);
}

/* As far as anybody can tell. */
Test(loadenv, the_loader_is_told_its_c_library_where_another_may_be) {
	make_dir("p/glibc-hwcaps");
	make_dir("q");
	struct loadenv *hardware = env_searching(below("p"));
	struct loadenv *token = env_searching(below("$LIB"));
	cr_expect_not_null(hardware->clibrary);
	cr_expect_not_null(token->clibrary);
	struct loadenv *own = env_searching(below("q"));
	cr_assert_eq(symlink(hardware->clibrary, below("q/libc.so.6")), 0);
	struct loadenv *link = env_searching(below("q"));
	cr_expect_null(own->clibrary);
	cr_expect_null(link->clibrary, "it is this system's");
	loadenv_free(hardware);
	loadenv_free(token);
	loadenv_free(own);
	loadenv_free(link);
}
