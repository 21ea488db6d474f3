/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <dltest/cleanup.h>

#include "deadmount.h"
#include "sight.h"
#include "tempdir.h"

TestSuite(sight, .init = tempdir_make, .fini = tempdir_remove);

Test(sight, tells_what_is_there) {
	struct look look;
	struct stat status;

	make_dir("dir");
	write_file(below("dir/file"), "text");
	cr_assert_eq(symlink("dir/file", below("link")), 0);
	cr_expect_eq(sight_look(NULL, below("link"), &look), 0);
	cr_expect_str_eq(look.real, below("dir/file"));
	cr_expect_eq(look.status.st_size, 4);
	cr_expect_eq(sight_stat(NULL, below("link"), &status), 0);
	cr_expect_eq(status.st_ino, look.status.st_ino);
	cr_expect_eq(sight_lstat(below("link"), &status), 0);
	cr_expect(S_ISLNK(status.st_mode));
	cr_expect_eq(sight_look(NULL, below("nothing"), &look), -ENOENT);
	cr_expect_eq(sight_stat(NULL, below("dir/file/x"), &status), -ENOTDIR);
	cr_expect_eq(sight_stat(NULL, "relative", &status), -ENOENT);
	cleanup_free char *real = sight_real(below("link"));
	cr_expect_str_eq(real, below("dir/file"));
}

/* A FUSE that nobody serves, in mounts of the test's own; false for who may not mount. */
static bool mount_dead(const char *point) {
	if (getuid() != 0)
		return false;
	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	(void)deadmount_make(point);
	return true;
}

Test(sight, what_may_not_answer_is_wanted_once) {
	const char *path;
	struct look look = {.status = {.st_size = 7}};
	cleanup_strv struct strv silent = {0};
	struct stat status;

	if (!mount_dead(make_dir("dead")))
		return;
	path = below("dead/x");
	cr_expect_eq(sight_look(NULL, path, &look), -EREMOTE, "nobody is to be asked");
	struct sight *sight = sight_new();
	cr_assert_not_null(sight);
	cr_expect_not(sight_is_waiting(sight));
	cr_expect_eq(sight_look(sight, path, &look), -EREMOTE);
	cr_expect_eq(sight_stat(sight, path, &status), -EREMOTE);
	cr_expect_eq(sight_stat(sight, below("dead/y"), &status), -EREMOTE);
	cr_expect(sight_is_waiting(sight));
	struct sight_want *want = sight_wants(sight);
	cr_assert(want && want->next && !want->next->next, "two paths");
	cr_expect_eq(want->mount, want->next->mount);
	strcpy(look.real, "/real");
	sight_answer(want->next, 0, &look);
	sight_answer(want, -ENOENT, NULL);
	cr_expect_not(sight_is_waiting(sight));
	cr_expect_eq(sight_look(sight, path, &look), 0);
	cr_expect_str_eq(look.real, "/real");
	cr_expect_eq(sight_stat(sight, path, &status), 0);
	cr_expect_eq(status.st_size, 7);
	cr_expect_eq(sight_stat(sight, below("dead/y"), &status), -ENOENT);
	cr_expect_eq(sight_stat(sight, below("dead/z"), &status), -EREMOTE);
	sight_give_up(sight);
	cr_expect_eq(sight_stat(sight, below("dead/z"), &status), -ETIMEDOUT);
	cr_expect_eq(sight_list_unanswered(sight, &silent), 0);
	cr_assert_eq(silent.count, 1);
	cr_expect_str_eq(silent.items[0], below("dead/z"));
	sight_free(sight);
	cr_expect_eq(umount2(below("dead"), MNT_DETACH), 0);
}

Test(sight, reads_links) {
	char target[PATH_MAX] = "as before";

	write_file(below("file"), "");
	cr_assert_eq(symlink("../some/where", below("link")), 0);
	cr_expect_eq(sight_readlink(below("file"), target), -EINVAL);
	cr_expect_eq(sight_readlink(below("nothing"), target), -ENOENT);
	cr_expect_eq(sight_readlink("relative", target), -ENOENT);
	cr_expect_str_eq(target, "as before");
	cr_expect_eq(sight_readlink(below("link"), target), 0);
	cr_expect_str_eq(target, "../some/where");
}

Test(sight, reads_no_link_that_may_not_answer) {
	char target[PATH_MAX];

	cr_assert_eq(symlink("../some/where", below("link")), 0);
	if (!mount_dead(make_dir("dead")))
		return;
	cr_expect_eq(sight_readlink(below("dead/link"), target), -EREMOTE);
	cr_expect_eq(sight_readlink(below("link"), target), 0, "all the way answers");
	cr_expect_str_eq(target, "../some/where");
	cr_expect_eq(umount2(below("dead"), MNT_DETACH), 0);
}
