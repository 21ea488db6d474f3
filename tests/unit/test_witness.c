/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "tempdir.h"
#include "witness.h"

static struct witness *witness;

/* d is watched since round 1; what happens in a test is of round 2. */
static void set_up(void) {
	tempdir_make();
	make_dir("d");
	write_file(below("d/file"), "content");
	witness = witness_new();
	cr_assert_not_null(witness);
	witness_watch(witness, below("d"), 1);
	witness_read(witness, 1);
}

static void tear_down(void) {
	witness_free(witness);
	tempdir_remove();
}

TestSuite(witness, .init = set_up, .fini = tear_down);

static struct stat status_of(const char *path) {
	struct stat status;

	cr_assert_eq(lstat(path, &status), 0);
	return status;
}

static bool saw_same(uint64_t since) {
	const struct stat status = status_of(below("d"));

	return witness_saw_same(witness, &status, since);
}

static bool saw_name_same(const char *name, uint64_t since) {
	const struct stat status = status_of(below("d"));

	return witness_saw_name_same(witness, &status, name, since);
}

Test(witness, what_does_not_change_is_seen_the_same) {
	cr_expect(saw_same(2));
	cr_expect(saw_name_same("file", 2));
	cr_expect(saw_name_same("nothing", 2));
	cr_expect_not(saw_same(1), "it was not watched then");
	cr_expect_not(saw_name_same("file", 1));
}

Test(witness, a_name_that_comes_and_goes_is_told_from_others) {
	write_file(below("d/new"), "");
	cr_assert_eq(unlink(below("d/new")), 0);
	witness_read(witness, 2);
	cr_expect(saw_same(2), "the directory itself has not changed");
	cr_expect(saw_name_same("file", 2));
	cr_expect_not(saw_name_same("new", 2));
	cr_expect(saw_name_same("new", 3), "that was before");
}

Test(witness, renames_and_links_are_seen_by_both_names) {
	cr_assert_eq(link(below("d/file"), below("d/link")), 0);
	cr_assert_eq(symlink("file", below("d/symlink")), 0);
	cr_assert_eq(rename(below("d/file"), below("d/other")), 0);
	witness_read(witness, 2);
	cr_expect_not(saw_name_same("file", 2));
	cr_expect_not(saw_name_same("other", 2));
	cr_expect_not(saw_name_same("link", 2));
	cr_expect_not(saw_name_same("symlink", 2));
}

Test(witness, a_directory_moved_away_and_back_is_seen) {
	cr_assert_eq(rename(below("d"), below("e")), 0);
	cr_assert_eq(rename(below("e"), below("d")), 0);
	witness_read(witness, 2);
	cr_expect_not(saw_same(2));
	cr_expect_not(saw_name_same("file", 2));
	cr_expect(saw_same(3));
}

Test(witness, a_directory_that_was_closed_for_a_while_is_seen) {
	cr_assert_eq(chmod(below("d"), 0700), 0);
	cr_assert_eq(chmod(below("d"), 0755), 0);
	witness_read(witness, 2);
	cr_expect_not(saw_same(2));
}

Test(witness, another_directory_of_the_same_path_was_not_seen) {
	cr_assert_eq(rename(below("d"), below("e")), 0);
	make_dir("d");
	cr_expect_not(saw_same(2));
	witness_read(witness, 2);
	cr_expect_not(saw_same(2));
	witness_watch(witness, below("d"), 2);
	cr_expect(saw_same(3));
}

Test(witness, a_directory_that_is_gone_is_forgotten) {
	const struct stat status = status_of(below("d"));

	cr_assert_eq(unlink(below("d/file")), 0);
	cr_assert_eq(rmdir(below("d")), 0);
	witness_read(witness, 2);
	cr_expect_not(witness_saw_same(witness, &status, 3));
}

/* More than the kernel keeps. */
static void do_very_much(void) {
	for (int i = 0; i < 30000; i++) {
		write_file(below("d/%d", i), "");
		cr_assert_eq(unlink(below("d/%d", i)), 0);
	}
}

Test(witness, more_than_can_be_kept_is_unknown) {
	do_very_much();
	witness_read(witness, 2);
	cr_expect_not(saw_same(2));
	cr_expect_not(saw_name_same("file", 2));
	cr_expect(saw_name_same("file", 3));
}

/* Some file systems give the new one the number of the old one. */
Test(witness, a_directory_made_again_while_too_much_happened_is_watched) {
	do_very_much();
	cr_assert_eq(unlink(below("d/file")), 0);
	cr_assert_eq(rmdir(below("d")), 0);
	make_dir("d");
	witness_read(witness, 2);
	witness_watch(witness, below("d"), 2);
	cr_expect_not(saw_same(2));
	cr_expect(saw_name_same("file", 3));
	write_file(below("d/file"), "another");
	witness_read(witness, 3);
	cr_expect_not(saw_name_same("file", 3));
}

Test(witness, a_directory_that_went_while_too_much_happened_is_forgotten) {
	const struct stat status = status_of(below("d"));

	do_very_much();
	cr_assert_eq(rename(below("d"), below("e")), 0);
	witness_read(witness, 2);
	cr_expect_not(witness_saw_same(witness, &status, 3));
}

Test(witness, the_way_is_watched_to_the_root) {
	make_dir("d/e");
	witness_watch_way(witness, below("d/e"), 2);
	struct stat status = status_of(below("d/e"));
	cr_expect(witness_saw_same(witness, &status, 3));
	status = status_of(tempdir);
	cr_expect(witness_saw_same(witness, &status, 3));
	status = status_of("/");
	cr_expect(witness_saw_same(witness, &status, 3));
}

Test(witness, nobody_sees_nothing) {
	const struct stat status = status_of(below("d"));

	witness_watch(NULL, below("d"), 1);
	witness_watch_way(NULL, below("d"), 1);
	witness_read(NULL, 1);
	cr_expect_not(witness_saw_same(NULL, &status, 2));
	cr_expect_not(witness_saw_name_same(NULL, &status, "file", 2));
	cr_expect_null(witness_free(NULL));
}

/* A path of 4,095 slashes took the daemon 0.7 s. */
Test(witness, what_is_deeper_than_anything_remembered_is_not_watched) {
	char path[200] = "";

	while (strlen(path) < 70)
		strcat(path, "/");
	strcat(path, below("deep") + 1);
	make_dir("deep");
	witness_watch_way(witness, path, 1);
	const struct stat status = status_of(below("deep"));
	cr_expect_not(witness_saw_same(witness, &status, 2));
	witness_watch_way(witness, below("deep"), 1);
	cr_expect(witness_saw_same(witness, &status, 2));
}
