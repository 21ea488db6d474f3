/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/mounts.h>

#include "tempdir.h"

static int try_open(const char *name, int flags) {
	int fd = dltest_mounts_open(below("%s", name), flags, NULL);

	fd_close(fd);
	return fd < 0 ? fd : 0;
}

/* A FUSE whose server never says a word: whoever touches what is in it waits for ever. */
static int mount_dead(const char *point) {
	char options[100];
	int server = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", server);
	return server < 0 || mount("dead", point, "fuse.dead", MS_NOSUID | MS_NODEV, options) < 0
		       ? -errno
		       : server;
}

static void set_up(void) {
	tempdir_make();
	mkdir(below("dir"), 0755);
	mkdir(below("dir/inner"), 0755);
	mkdir(below("dead"), 0755);
	mkdir(below("other"), 0755);
	fd_close(open(below("dir/file"), O_CREAT | O_CLOEXEC, 0644));
	cr_assert_eq(symlink("file", below("dir/link")), 0);
	cr_assert_eq(symlink("../dead/x", below("dir/into")), 0);
	cr_assert_eq(symlink("round", below("round")), 0);
	cr_assert_eq(symlink("nothing", below("dangling")), 0);
}

static void tear_down(void) {
	umount2(below("dir/inner"), MNT_DETACH);
	umount2(below("dead"), MNT_DETACH);
	umount2(below("other"), MNT_DETACH);
	tempdir_remove();
}

TestSuite(mounts, .init = set_up, .fini = tear_down);

static void check_local(void) {
	cr_expect_eq(try_open("dir/file", 0), 0);
	cr_expect_eq(try_open("dir/link", 0), 0);
	cr_expect_eq(try_open("dir/link", O_NOFOLLOW), 0);
	cr_expect_eq(try_open("dir/link", O_DIRECTORY), -ENOTDIR);
	cr_expect_eq(try_open("dir/inner/../file", 0), 0);
	cr_expect_eq(try_open("dir/nothing", 0), -ENOENT);
	cr_expect_eq(try_open("dir/file/x", 0), -ENOTDIR);
	cr_expect_eq(try_open("round", 0), -ELOOP);
	cr_expect_eq(try_open("round", O_NOFOLLOW), 0);
	cr_expect_eq(try_open("dangling", 0), -ENOENT);
	cr_expect_eq(dltest_mounts_open("relative", 0, NULL), -ENOENT);
}

Test(mounts, local) {
	check_local();
}

/* In mounts of its own: no other process gets caught in them, and they go with the test. */
static void with_dead(void) {
	cr_assert_eq(unshare(CLONE_NEWNS), 0, "this test wants root: %s", strerror(errno));
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	/* An alarm ends whoever waits for it; the server is this very process. */
	int server = mount_dead(below("dead"));
	cr_assert(server >= 0, "no FUSE can be mounted: %s", strerror(-server));
}

Test(mounts, what_may_not_answer_is_not_touched) {
	uint64_t mount_of_path = 0, mount_of_link = 0;
	struct stat status;

	if (getuid() != 0)
		return;
	with_dead();
	check_local();
	cr_expect_eq(dltest_mounts_open(below("dead/x"), 0, &mount_of_path), -EREMOTE);
	cr_expect_eq(dltest_mounts_open(below("dir/into"), 0, &mount_of_link), -EREMOTE);
	cr_expect_eq(mount_of_path, mount_of_link);
	cr_expect_neq(mount_of_path, 0);
	cr_expect_eq(try_open("dead", 0), -EREMOTE);
	cr_expect_eq(try_open("dead/../dir/file", 0), -EREMOTE);
	cr_expect_eq(try_open("dir/into", O_NOFOLLOW), 0);
	cr_expect_eq(lstat(below("dir/into"), &status), 0);
}

Test(mounts, local_ones_in_one_another) {
	if (getuid() != 0)
		return;
	with_dead();
	cr_assert_eq(mount("inner", below("dir/inner"), "tmpfs", 0, NULL), 0);
	cr_assert_eq(mkdir(below("dir/inner/sub"), 0755), 0);
	cr_assert_eq(symlink("../../dir/file", below("dir/inner/out")), 0);
	cr_assert_eq(symlink("dir/inner/sub", below("in")), 0);
	cr_expect_eq(try_open("dir/inner", 0), 0);
	cr_expect_eq(try_open("dir/inner/", O_DIRECTORY), 0);
	cr_expect_eq(try_open("dir/inner/sub", 0), 0);
	cr_expect_eq(try_open("dir/inner/out", 0), 0);
	cr_expect_eq(try_open("dir/inner/sub/..", 0), 0);
	cr_expect_eq(try_open("dir/inner/../file", 0), 0);
	cr_expect_eq(try_open("in", O_DIRECTORY), 0);
	cr_expect_eq(try_open("in/nothing", 0), -ENOENT);
	/* What is mounted later is known at once, and so is that it has gone. */
	cr_assert(mount_dead(below("other")) >= 0);
	cr_expect_eq(try_open("other/x", 0), -EREMOTE);
	cr_assert_eq(umount2(below("other"), MNT_DETACH), 0);
	cr_expect_eq(try_open("other/x", 0), -ENOENT);
}
