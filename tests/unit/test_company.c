/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "company.h"
#include "world.h"

static struct world world;
static struct strv dirs;

static void set_up(void) {
	world_make(&world);
	make_dir("libs/p-1/lib/a");
	make_dir("x");
}

static void tear_down(void) {
	strv_fini(&dirs);
	world_remove(&world);
}

TestSuite(company, .init = set_up, .fini = tear_down);

static void list(const char *name) {
	strv_fini(&dirs);
	write_file(below("%s", name), "");
	cr_assert_eq(company_list(&dirs, &world.env, below("%s", name), NULL), 0);
}

static void expect(size_t index, const char *name) {
	cr_assert_lt(index, dirs.count, "%s", name);
	cr_expect_str_eq(dirs.items[index], below("%s", name));
}

Test(company, lists_the_directories_of_a_package) {
	list("libs/p-1/lib/a/x.so");
	cr_expect_eq(dirs.count, 3);
	expect(0, "libs/p-1/lib");
	expect(1, "libs/p-1/lib/a");
	expect(2, "libs/p-1");
}

Test(company, lists_nothing_outside_packages_and_no_files) {
	list("libs/x.so");
	cr_expect_eq(dirs.count, 0);
	write_file(below("libs/p-1/lib64"), "");
	list("libs/p-1/x.so");
	cr_expect_eq(dirs.count, 2);
	list("x/outside.so");
	cr_expect_eq(dirs.count, 0);
	cr_assert_eq(company_list(&dirs, &world.env, below("libs/p-1/lib/none.so"), NULL), 0);
	cr_expect_eq(dirs.count, 0);
}

Test(company, lists_the_directories_up_to_a_root) {
	cr_assert_eq(strv_add(&world.env.roots, below("x")), 0);
	make_dir("x/plugins");
	list("x/plugins/x.so");
	cr_expect_eq(dirs.count, 2);
	expect(0, "x/plugins");
	expect(1, "x");
	strv_fini(&world.env.roots);
	cr_assert_eq(strv_add(&world.env.roots, below("libs")), 0);
	cr_assert_eq(strv_add(&world.env.roots, "/"), 0);
	list("x/plugins/x.so");
	cr_expect_eq(dirs.count, 4, "two above that are the system's");
	expect(1, "x");
	cr_expect_str_eq(dirs.items[3], "/tmp");
}

Test(company, lists_no_more_than_can_be_tried) {
	char name[512] = "libs/p-1/lib/a";

	for (int i = 0; i < 2 * COMPANY_MAX; i++) {
		strcat(name, "/d");
		make_dir(name);
	}
	strcat(name, "/x.so");
	list(name);
	cr_expect_eq(dirs.count, COMPANY_MAX);
}

Test(company, leaves_out_what_is_searched_anyway) {
	snprintf(world.search_path, sizeof(world.search_path), "%s:%s", below("libs/p-1/library"),
		below("libs/p-1/lib"));
	list("libs/p-1/lib/a/x.so");
	cr_expect_eq(dirs.count, 2);
	expect(0, "libs/p-1/lib/a");
	snprintf(world.search_path, sizeof(world.search_path), "%s:/x", below("libs/p-1/lib"));
	list("libs/p-1/lib/a/x.so");
	expect(0, "libs/p-1/lib/a");
	snprintf(world.search_path, sizeof(world.search_path), "/x%s", below("libs/p-1/lib"));
	list("libs/p-1/lib/a/x.so");
	expect(0, "libs/p-1/lib");
}

Test(company, leaves_out_what_a_search_path_cannot_say) {
	make_dir("libs/p-1/lib/a:b");
	list("libs/p-1/lib/a:b/x.so");
	cr_expect_eq(dirs.count, 2);
	expect(0, "libs/p-1/lib");
	expect(1, "libs/p-1");
}

Test(company, follows_no_link_out_of_the_package) {
	cr_assert_eq(symlink("lib", below("libs/p-1/lib64")), 0);
	list("libs/p-1/lib/a/x.so");
	cr_expect_eq(dirs.count, 3, "the same directory once");
	expect(0, "libs/p-1/lib");
	/* Out of the package: to another, to the whole home, and up the tree. */
	static const char *const targets[] = {"../p-2/lib", "../../x", "..", "/", "."};
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		unlink(below("libs/p-2/lib64"));
		cr_assert_eq(symlink(targets[i], below("libs/p-2/lib64")), 0);
		list("libs/p-2/lib/x.so");
		cr_expect_eq(dirs.count, 2, "%s", targets[i]);
		expect(0, "libs/p-2/lib");
		expect(1, "libs/p-2");
	}
}

Test(company, tells_a_root_of_the_user_from_the_systems) {
	make_dir("system/plugins");
	make_dir("root/plugins");
	strv_fini(&world.env.roots);
	world.env.libs_root = 0;
	cr_assert_eq(strv_add(&world.env.roots, below("system")), 0);
	world.env.system_count = 1;
	cr_assert_eq(strv_add(&world.env.roots, below("root")), 0);
	list("system/plugins/x.so");
	cr_expect_eq(dirs.count, 1, "the system's directory is no package's");
	expect(0, "system/plugins");
	list("root/plugins/x.so");
	cr_expect_eq(dirs.count, 2);
	expect(0, "root/plugins");
	expect(1, "root");
	list("root/x.so");
	expect(0, "root");
}

Test(company, tells_which_directories_were_used) {
	struct facts loaded = {0}, known = {0};
	struct strv used = {0};

	cr_assert_eq(strv_add(&dirs, "/p/lib"), 0);
	cr_assert_eq(strv_add(&dirs, "/p/lib/a"), 0);
	cr_assert_eq(strv_add(&dirs, "/p"), 0);
	cr_assert_eq(facts_put(&loaded, DLTEST_FACT_OBJECT, "/p/lib/a/x.so"), 0);
	cr_assert_eq(facts_put(&loaded, DLTEST_FACT_OBJECT, "/p/lib/dep.so"), 0);
	cr_assert_eq(facts_put(&loaded, DLTEST_FACT_OBJECT, "/p/libother/dep.so"), 0);
	cr_assert_eq(facts_put(&loaded, DLTEST_FACT_DIRECTORY, "/p/file"), 0);
	cr_assert_eq(company_used(&used, &dirs, &loaded, &known, "/p/lib/a/x.so"), 0);
	cr_assert_eq(used.count, 1);
	cr_expect_str_eq(used.items[0], "/p/lib");
	strv_fini(&used);
	cr_assert_eq(facts_put(&known, DLTEST_FACT_OBJECT, "/p/lib/dep.so"), 0);
	cr_assert_eq(company_used(&used, &dirs, &loaded, &known, "/p/lib/a/x.so"), 0);
	cr_expect_eq(used.count, 0, "it was found without");
	facts_fini(&loaded);
	facts_fini(&known);
}

/* Whether all is known that a failure with 'names' missing libraries in 15 directories rests on. */
static bool is_known(int names) {
	struct facts basis = {0};
	struct strv missing = {0};

	for (int i = 0; i < names; i++) {
		char name[32];

		snprintf(name, sizeof(name), "libgone%d.so", i);
		cr_assert_eq(strv_add(&missing, name), 0);
	}
	cr_assert_eq(company_basis(&basis, &dirs, &missing, world.library), 0);
	bool known = !facts_has(&basis, DLTEST_FACT_INCOMPLETE);
	facts_fini(&basis);
	strv_fini(&missing);
	return known;
}

/* Of a library's own word there is no end. */
Test(company, bounds_what_a_failure_rests_on) {
	list("libs/p-1/lib/x.so");
	while (dirs.count < COMPANY_MAX - 1)
		cr_assert_eq(strv_add(&dirs, below("libs/p-1/lib/%zu", dirs.count)), 0);
	cr_expect(is_known(1000));
	cr_expect_not(is_known(1100));
	clock_t start = clock();
	cr_expect_not(is_known(16384));
	cr_expect_leq(clock() - start, CLOCKS_PER_SEC / 4);
}

Test(company, finds_what_has_a_name) {
	list("libs/p-1/lib/a/x.so");
	cr_expect_null(company_find(&dirs, "liby.so", NULL));
	write_file(below("libs/p-1/liby.so"), "");
	cr_expect_str_eq(company_find(&dirs, "liby.so", NULL), below("libs/p-1"));
	write_file(below("libs/p-1/lib/liby.so"), "");
	cr_expect_str_eq(company_find(&dirs, "liby.so", NULL), below("libs/p-1/lib"));
	cr_expect_null(company_find(&dirs, "a/x.so", NULL), "a path is no name");
}
