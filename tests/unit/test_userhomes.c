/* SPDX-License-Identifier: MIT */
#include "userhomes.h"

#include <stdlib.h>

#include "list.h"
#include "mounttable.h"
#include "passwordhome.h"
#include "tempdir.h"

static struct strv homes, told;
static const struct userhomes users = {.known = &homes, .told = &told};

static void set_up(void) {
	tempdir_make();
	homes = told = (struct strv){0};
	make_dir("a/b/user");
}

static void tear_down(void) {
	strv_fini(&homes);
	strv_fini(&told);
	tempdir_remove();
}

TestSuite(userhomes, .init = set_up, .fini = tear_down);

static void know(struct strv *list, const char *home) {
	cr_assert_eq(strv_add(list, home), 0);
}

Test(userhomes, a_home_is_in_itself_and_in_what_is_above) {
	know(&homes, below("a/b/user"));
	cr_expect(userhomes_are_in(&users, below("a/b/user"), NULL));
	cr_expect(userhomes_are_in(&users, below("a/b"), NULL));
	cr_expect(userhomes_are_in(&users, tempdir, NULL));
	cr_expect(userhomes_are_in(&users, "/tmp/..", NULL));
	make_dir("a/b/user/lib");
	make_dir("a/b/use");
	make_dir("a/b/user2");
	cr_expect_not(userhomes_are_in(&users, below("a/b/user/lib"), NULL));
	cr_expect_not(userhomes_are_in(&users, below("a/b/use"), NULL));
	cr_expect_not(userhomes_are_in(&users, below("a/b/user2"), NULL));
	cr_expect_not(
		userhomes_are_in(&users, below("a/nowhere"), NULL), "there is nothing to read");
}

Test(userhomes, either_side_may_know) {
	know(&homes, "/somewhere/else");
	cr_expect_not(userhomes_are_in(&users, below("a/b"), NULL));
	know(&told, below("a/b/user"));
	cr_expect(userhomes_are_in(&users, below("a/b"), NULL));
}

Test(userhomes, links_hide_nothing) {
	cr_assert_eq(symlink(below("a/b/user"), below("home")), 0);
	cr_assert_eq(symlink("a/b", below("link")), 0);
	know(&homes, below("home"));
	cr_expect(userhomes_are_in(&users, below("a/b"), NULL));
	cr_expect(userhomes_are_in(&users, below("link"), NULL));
	cr_expect(userhomes_are_in(&users, below("link/user"), NULL));
}

Test(userhomes, one_that_is_not_there_yet_will_be) {
	know(&homes, below("a/later/user"));
	cr_expect(userhomes_are_in(&users, below("a"), NULL));
	cr_expect_not(userhomes_are_in(&users, below("a/b"), NULL));
}

Test(userhomes, where_a_dead_link_leads_nobody_knows) {
	cr_assert_eq(symlink("/nowhere/at/all", below("home")), 0);
	know(&homes, below("home"));
	cr_expect(userhomes_are_in(&users, tempdir, NULL), "as if no home were known");
	cr_expect_not(userhomes_are_in(&users, below("a/b"), NULL));
}

Test(userhomes, unknown_means_whatever_may_be_one) {
	cr_expect(userhomes_are_in(&users, "/", NULL));
	cr_expect(userhomes_are_in(&users, "/tmp", NULL));
	cr_expect(userhomes_are_in(&users, tempdir, NULL));
	cr_expect_not(userhomes_are_in(&users, below("a/b"), NULL));
	make_dir("a/b/.ssh");
	cr_expect(userhomes_are_in(&users, below("a/b"), NULL), "it has the user's keys");
}

Test(userhomes, the_root_directory_tells_nothing) {
	const struct strv some = {(char *[]){(char[]){"/"}, (char[]){"//"}, (char[]){"/h"}}, 3};

	cr_assert_eq(userhomes_list_others(&told, &some, NULL), 0);
	cr_assert_eq(told.count, 1);
	cr_expect_str_eq(told.items[0], "/h");
	know(&homes, "/h");
	strv_cut(&told, 0);
	cr_assert_eq(userhomes_list_others(&told, &some, &homes), 0);
	cr_expect_eq(told.count, 0, "it is known");
}

Test(userhomes, the_daemon_knows_what_it_is_told_and_where_tsuku_lives) {
	static const char *const lives[][2] = {
		{"/home/one/.tsuku", "/home/one"},
		{"/home/one/x/tsuku", "/home/one"},
		{"/var/home/one/y", "/var/home/one"},
		{"/root/t", "/root"},
		{"/srv/x/.tsuku-dev", "/srv/x"},
		{"/srv/x/tsuku", NULL},
		{"/home", NULL},
		{"/.tsuku", NULL},
	};

	setenv("HOME", "/by/variable", 1);
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		strv_cut(&homes, 0);
		cr_assert_eq(userhomes_list(&homes, lives[i][0]), 0);
		cr_expect(list_has(&homes, "/by/variable"));
		cr_expect(!lives[i][1] || list_has(&homes, lives[i][1]), "%s", lives[i][0]);
		cr_expect_not(list_has(&homes, "/home") || list_has(&homes, "/srv/x/tsuku"));
	}
	unsetenv("HOME");
	strv_cut(&homes, 0);
	cr_assert_eq(userhomes_list(&homes, NULL), 0);
	cr_expect_not(list_has(&homes, "/by/variable"));
}

Test(userhomes, the_password_entry_is_asked) {
	struct strv recorded = {0};

	cr_assert_eq(passwordhome_list(&recorded), 0);
	if (geteuid() == 0)
		cr_expect_geq(recorded.count, 1);
	strv_fini(&recorded);
}

Test(userhomes, the_table_of_mounts_has_what_is_mounted) {
	cr_expect(mounttable_has_below("/", "/proc/self"));
	cr_expect_not(mounttable_has_below("/proc/self", "/proc/self"));
	cr_expect_not(mounttable_has_below("/pro", "/proc/self"), "a name that only begins so");
	cr_expect_not(mounttable_has_below(tempdir, below("a")));
}
