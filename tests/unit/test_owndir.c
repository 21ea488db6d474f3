/* SPDX-License-Identifier: MIT */
/* Directories that are the user's own, and such as only look like it. Somebody else's need root. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/owndir.h>

#include "tempdir.h"

#define SOMEBODY 65534

static const char *const nothing[] = {NULL}, *const one[] = {"one", NULL},
			 *const two[] = {"one", "two", NULL};

static void set_up(void) {
	tempdir_make();
	make_dir("home");
}

TestSuite(owndir, .init = set_up, .fini = tempdir_remove);

static int try_open(const char *const *names, bool make) {
	int fd = dltest_owndir_open(below("home"), names, make);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

Test(owndir, opens_what_is_there_and_makes_what_is_not) {
	struct stat status;

	cr_expect_eq(try_open(nothing, false), 0);
	cr_expect_eq(try_open(two, false), -ENOENT);
	cr_expect_eq(try_open(two, true), 0);
	cr_expect_eq(try_open(two, true), 0);
	cr_assert_eq(stat(below("home/one/two"), &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0700);
}

Test(owndir, the_path_itself_is_not_made) {
	cr_expect_eq(dltest_owndir_open(below("none"), one, true), -ENOENT);
	write_file(below("file"), "");
	cr_expect_eq(dltest_owndir_open(below("file"), one, true), -ENOTDIR);
}

Test(owndir, what_others_may_write_to_is_not_ones_own) {
	cr_assert_eq(try_open(two, true), 0);
	cr_assert_eq(chmod(below("home/one"), 0775), 0);
	cr_expect_eq(try_open(two, false), -EPERM);
	cr_assert_eq(chmod(below("home/one"), 0755), 0);
	cr_expect_eq(try_open(two, false), 0);
	cr_assert_eq(chmod(below("home"), 0702), 0);
	cr_expect_eq(try_open(two, true), -EPERM);
}

Test(owndir, a_symlink_of_ones_own_is_followed) {
	make_dir("elsewhere");
	cr_assert_eq(symlink(below("elsewhere"), below("home/one")), 0);
	cr_expect_eq(try_open(two, true), 0);
	cr_expect_eq(access(below("elsewhere/two"), F_OK), 0);
	cr_assert_eq(symlink(below("home"), below("link")), 0);
	int fd = dltest_owndir_open(below("link"), two, false);
	cr_expect_geq(fd, 0);
	close(fd);
}

Test(owndir, a_symlink_of_somebody_else_is_not) {
	if (geteuid() != 0)
		cr_skip("root's run has it");
	make_dir("elsewhere");
	cr_assert_eq(symlink(below("elsewhere"), below("home/one")), 0);
	/* Root's own are fine. */
	cr_expect_eq(try_open(one, true), 0);
	cr_assert_eq(lchown(below("home/one"), SOMEBODY, SOMEBODY), 0);
	cr_expect_eq(try_open(two, true), -EPERM);
	cr_expect_neq(access(below("elsewhere/two"), F_OK), 0, "nothing is made at its target");
	cr_assert_eq(symlink(below("home"), below("link")), 0);
	cr_assert_eq(lchown(below("link"), SOMEBODY, SOMEBODY), 0);
	cr_expect_eq(dltest_owndir_open(below("link"), nothing, false), -EPERM);
}

Test(owndir, a_directory_of_somebody_else_is_not) {
	if (geteuid() != 0)
		cr_skip("root's run has it");
	cr_assert_eq(try_open(one, true), 0);
	cr_assert_eq(chown(below("home/one"), SOMEBODY, SOMEBODY), 0);
	cr_expect_eq(try_open(one, true), -EPERM);
	cr_expect_eq(try_open(two, true), -EPERM);
}
