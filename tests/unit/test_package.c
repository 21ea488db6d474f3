/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "package.h"
#include "world.h"

static struct world world;
static struct strv trees;

static void set_up(void) {
	world_make(&world);
}

static void tear_down(void) {
	strv_fini(&trees);
	world_remove(&world);
}

TestSuite(package, .init = set_up, .fini = tear_down);

/* The package of a library of this name, which is made, is 'top', a directory in the world, in so
 * many trees; NULL: it has none. */
static void expect(const char *name, const char *top, size_t count) {
	char directory[512];

	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(name, '/') - name), name);
	if (access(below("%s", directory), F_OK) < 0)
		make_dir(directory);
	write_file(below("%s", name), "");
	strv_fini(&trees);
	cr_assert_eq(package_list(&trees, &world.env, below("%s", name), NULL), 0);
	cr_assert_eq(trees.count, top ? count : 0, "%s: %zu", name, trees.count);
	if (!top)
		return;
	cr_expect_str_eq(trees.items[0], below("%s", directory), "the nearest first");
	cr_expect_str_eq(trees.items[count - 1], below("%s", top));
}

Test(package, of_tsuku_is_the_directory_right_below) {
	expect("libs/p-1/x.so", "libs/p-1", 1);
	expect("libs/p-1/lib/x.so", "libs/p-1", 2);
	expect("libs/p-1/opt/lib/deep/x.so", "libs/p-1", 4);
	expect("libs/p-1/lib/site-packages/one/x.so", "libs/p-1", 4);
	expect("libs/x.so", NULL, 0);
}

Test(package, outside_of_what_is_allowed_is_none) {
	expect("outside/lib/x.so", NULL, 0);
	cr_assert_eq(package_list(&trees, &world.env, below("libs/p-1/none.so"), NULL), 0);
	cr_expect_eq(trees.count, 0);
}

static void allow(const char *root, bool is_users) {
	strv_fini(&world.env.roots);
	world.env.libs_root = 0;
	cr_assert_eq(strv_add(&world.env.roots, below("%s", root)), 0);
	world.env.system_count = is_users ? 0 : 1;
}

Test(package, of_the_system_begins_below_its_directories) {
	make_dir("usr");
	allow("usr", false);
	expect("usr/x.so", NULL, 0);
	expect("usr/foo/x.so", "usr/foo", 1);
	expect("usr/foo/plugins/x.so", "usr/foo", 2);
	expect("usr/lib/x.so", "usr/lib", 1);
	expect("usr/jvm/java-17/lib/server/x.so", "usr/jvm/java-17", 3);
	expect("usr/python3/dist-packages/one/sub/x.so", "usr/python3/dist-packages/one", 2);
	expect("usr/python3/dist-packages/x.so", NULL, 0);
}

Test(package, of_a_root_may_be_the_root) {
	make_dir("root");
	allow("root", true);
	expect("root/x.so", "root", 1);
	expect("root/one/sub/x.so", "root/one", 2);
	expect("root/one/lib/sub/x.so", "root/one", 3);
	expect("root/lib/x.so", "root", 2);
	/* Now that it has a lib. */
	expect("root/one/sub/x.so", "root", 3);
	expect("root/lib/python3/site-packages/one/x.so", "root/lib/python3/site-packages/one", 1);
}

/* Many were put side by side, and one has brought a lib. */
Test(package, of_python_ends_beside_others) {
	make_dir("root");
	make_dir("root/lib");
	allow("root", true);
	make_dir("root/one");
	write_file(below("root/one/__init__.py"), "");
	expect("root/one/sub/x.so", "root/one", 2);
	expect("root/two/sub/x.so", "root", 3);
}

Test(package, of_the_root_directory_is_the_nearest) {
	strv_fini(&world.env.roots);
	world.env.libs_root = 0;
	cr_assert_eq(strv_add(&world.env.roots, "/"), 0);
	expect("any/where/x.so", "any/where", 1);
	expect("any/lib/sub/x.so", "any", 3);
}

Test(package, lists_no_more_than_can_be_looked_at) {
	char name[512] = "libs/p-1/lib";

	for (int i = 0; i < 2 * PACKAGE_TREES_MAX; i++)
		strcat(name, "/d");
	strcat(name, "/x.so");
	expect(name, "libs/p-1", PACKAGE_TREES_MAX);
}

Test(package, is_where_a_link_leads) {
	expect("libs/p-2/lib/x.so", "libs/p-2", 2);
	cr_assert_eq(symlink(below("libs/p-2/lib/x.so"), below("libs/p-1/lib/link.so")), 0);
	strv_fini(&trees);
	cr_assert_eq(package_list(&trees, &world.env, below("libs/p-1/lib/link.so"), NULL), 0);
	cr_assert_eq(trees.count, 2);
	cr_expect_str_eq(trees.items[1], below("libs/p-2"));
}
