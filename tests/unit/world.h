/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What loads are about: a tsuku home with packages, and the environment of loads. Nothing but
 * loadenv.h is known here, so that the test of any room above that may use it.
 */

#include "loadenv.h"
#include "loaders.h"
#include "tempdir.h"
#include "userhomes.h"

/* A world of a test's own, which may change anything in it. */
struct world {
	struct loadenv env;    /* searches 'libs' and allows that; its texts are those below */
	char libs[64];	       /* $TSUKU_HOME/libs */
	char package[64];      /* the library directory of the package p-1; p-2 has one, too */
	char library[64];      /* x.so in 'package', an empty file */
	char search_path[256]; /* the environment's */
};

/* Makes a world in a new 'tempdir'; world_remove() removes both. */
static inline void world_make(struct world *world) {
	tempdir_make();
	make_dir("libs/p-1/lib");
	make_dir("libs/p-2/lib");
	snprintf(world->libs, sizeof(world->libs), "%s", below("libs"));
	snprintf(world->package, sizeof(world->package), "%s", below("libs/p-1/lib"));
	snprintf(world->library, sizeof(world->library), "%s", below("libs/p-1/lib/x.so"));
	snprintf(world->search_path, sizeof(world->search_path), "%s", world->libs);
	write_file(world->library, "");
	world->env = (struct loadenv){.libs_root = 1, .search_path = world->search_path};
	cr_assert_eq(strv_add(&world->env.roots, world->libs), 0);
}

static inline void world_remove(struct world *world) {
	strv_fini(&world->env.roots);
	tempdir_remove();
}

/*
 * The environment of loads below 'root' with 'searched' on the library path (NULL: none), as the
 * daemon works it out where there is no home; loadenv_free() frees it.
 */
static inline struct loadenv *world_env(const char *root, const char *searched) {
	cleanup_strv struct strv roots = {0}, path = {0};
	char home[] = "/nonexistent/user", *one[] = {home};
	const struct strv homes = {one, 1}, none = {0};
	const struct userhomes users = {.known = &homes, .told = &none};
	static const struct loader loader = {.libc = LOADERS_GLIBC};
	struct loadenv *env;

	if (root)
		cr_assert_eq(strv_add(&roots, root), 0);
	if (searched)
		cr_assert_eq(strv_add(&path, searched), 0);
	cr_assert_eq(loadenv_new(&loader, NULL, &users, &path, &roots, NULL, &env), 0);
	return env;
}
