/* SPDX-License-Identifier: MIT */
/* Mounts that may not answer, in a mount namespace of the test's own. The dead one is a FUSE file
 * system that nobody serves: whoever touches it waits until the test gives it up. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <dltest/mounts.h>

#include "deadmount.h"
#include "tempdir.h"

static struct dltest_mounts *mounts;
static int served;

static void write_text(const char *path, const char *text) {
	int fd = open(path, O_WRONLY);

	cr_assert_geq(fd, 0, "%s", path);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text), "%s", path);
	close(fd);
}

/* An ordinary user may mount within a user namespace of his own. */
static void leave(void) {
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	cr_assert_eq(unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)), 0);
	if (uid != 0) {
		write_text("/proc/self/setgroups", "deny");
		snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
		write_text("/proc/self/uid_map", map);
		snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
		write_text("/proc/self/gid_map", map);
	}
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

static void set_up(void) {
	leave();
	tempdir_make();
	make_dir("dead here");
	make_dir("live");
	make_dir("live/deep");
	write_file(below("live/deep/file"), "file");
	served = deadmount_make(below("dead here"));
	mounts = dltest_mounts_new();
	cr_assert_not_null(mounts);
}

static void tear_down(void) {
	dltest_mounts_free(mounts);
	umount2(below("dead here"), MNT_DETACH);
	close(served);
	umount2(below("live/deep"), MNT_DETACH);
	tempdir_remove();
}

TestSuite(mounts, .init = set_up, .fini = tear_down);

static int try_flags(const char *path, int flags) {
	int fd = dltest_mounts_open(mounts, path, flags, NULL);

	if (fd < 0)
		return fd;
	cr_expect_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	return 0;
}

static int try(const char *path) {
	return try_flags(path, O_RDONLY);
}

/* A link in the test's directory, and its path. */
static const char *link_to(const char *target) {
	static unsigned count;
	const char *path = below("link%u", count++);

	cr_assert_eq(symlink(target, path), 0);
	return path;
}

Test(mounts, the_dead_one_is_not_touched) {
	struct dltest_mount mount = {0};

	cr_expect_eq(dltest_mounts_open(mounts, below("dead here"), O_RDONLY, &mount), -EREMOTE);
	cr_expect_neq(mount.id, 0);
	cr_expect_neq(mount.device, 0);
	cr_expect_eq(try_flags(below("dead here"), O_PATH), -EREMOTE);
	cr_expect_eq(try_flags(below("dead here/"), O_PATH | O_DIRECTORY), -EREMOTE);
	cr_expect_eq(try(below("dead here/some/file")), -EREMOTE);
	cr_expect_eq(try(below("dead here/../live/deep/file")), -EREMOTE);
}

Test(mounts, no_link_leads_there) {
	const char *direct = link_to(below("dead here")), *relative = link_to("dead here/x");

	cr_expect_eq(try(direct), -EREMOTE);
	cr_expect_eq(try(link_to(direct)), -EREMOTE);
	cr_expect_eq(try(relative), -EREMOTE);
	cr_expect_eq(try(below("live/../dead here")), -EREMOTE);
	cr_expect_eq(try_flags(direct, O_PATH | O_NOFOLLOW), 0);
	cr_expect_eq(try_flags(direct, O_PATH), -EREMOTE);
	cr_expect_eq(try(link_to("../../../../../../../../proc/self/fd/nothing")), -ENOENT);
}

/* What the kernel says of a path with nothing dead about it. */
static void expect_as_kernel(const char *path, int flags) {
	struct stat theirs, ours;
	int their_fd = open(path, flags | O_CLOEXEC);
	int error = errno;
	int fd = dltest_mounts_open(mounts, path, flags, NULL);

	if (their_fd < 0) {
		cr_expect_eq(fd, -error, "%s: %d, not %d", path, fd, -error);
		return;
	}
	cr_assert_geq(fd, 0, "%s: %s", path, strerror(-fd));
	cr_assert_eq(fstat(their_fd, &theirs), 0);
	cr_assert_eq(fstat(fd, &ours), 0);
	cr_expect_eq(theirs.st_ino, ours.st_ino, "%s", path);
	cr_expect_eq(theirs.st_dev, ours.st_dev, "%s", path);
	close(fd);
	close(their_fd);
}

static void expect_all_as_kernel(const char *path) {
	static const int flags[] = {O_RDONLY, O_RDONLY | O_DIRECTORY, O_RDONLY | O_NOFOLLOW, O_PATH,
		O_PATH | O_NOFOLLOW, O_PATH | O_DIRECTORY | O_NOFOLLOW};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		expect_as_kernel(path, flags[i]);
}

static void expect_local_as_kernel(void) {
	const char *circle = below("circle");
	cr_assert_eq(symlink(circle, circle), 0);
	const char *const paths[] = {"/", "/..", "//", "/proc", "/proc/self", "/proc/self/status",
		"/proc/mounts", "/proc/self/../self/maps", "/dev/null", "/sys/..", "/dev/null/",
		"/nothing", "/proc/self/fd/..", below("live"), below("live/"),
		below("live/deep/file"), below("live/deep/file/"), below("live/deep/file/x")};
	const char *const more[] = {below("live/./deep//../deep/file"),
		below("live/deep/../../live"), link_to(below("live/deep")),
		link_to("live/deep/../deep/file"), link_to("nothing"), circle, below("circle/x")};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		expect_all_as_kernel(paths[i]);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		expect_all_as_kernel(more[i]);
	char behind[600];
	snprintf(behind, sizeof(behind), "%s/file", link_to("live/deep"));
	expect_all_as_kernel(behind);
}

Test(mounts, what_is_local_is_as_the_kernel_has_it) {
	expect_local_as_kernel();
}

/* The mounts of this test's own are found over the edges of others. */
static void mount_memory(const char *point) {
	cr_assert_eq(mount("memory", point, "tmpfs", 0, "size=64k"), 0, "%s", strerror(errno));
}

Test(mounts, what_is_mounted_later_is_noticed) {
	cr_assert_eq(try(below("live/deep/file")), 0);
	mount_memory(below("live/deep"));
	cr_expect_eq(try(below("live/deep/file")), -ENOENT);
	write_file(below("live/deep/file"), "another");
	expect_local_as_kernel();
	int first = served;
	served = deadmount_make(below("live/deep"));
	cr_expect_eq(try(below("live/deep/file")), -EREMOTE);
	cr_assert_eq(umount2(below("live/deep"), MNT_DETACH), 0);
	close(served);
	served = first;
	cr_expect_eq(try(below("live/deep/file")), 0);
}

Test(mounts, a_descriptor_by_its_path) {
	char path[64];
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	cr_expect_eq(try_flags(path, O_RDONLY | O_NONBLOCK), 0);
	int file = open(below("live/deep/file"), O_RDONLY);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	cr_expect_eq(try(path), 0);
	/* O_PATH does not ask whoever serves it. */
	int dead = open(below("dead here"), O_PATH);
	cr_assert_geq(dead, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", dead);
	cr_expect_eq(try(path), -EREMOTE);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/x", dead);
	cr_expect_eq(try(path), -EREMOTE);
	close(dead);
}

static int try_at(const char *directory, const char *name, int flags) {
	int dir = open(directory, O_RDONLY | O_DIRECTORY);

	cr_assert_geq(dir, 0);
	int fd = dltest_mounts_open_at(mounts, dir, name, flags, NULL);
	close(dir);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void expect_names(void) {
	cr_expect_eq(try_at(tempdir, "dead here", O_RDONLY | O_DIRECTORY), -EREMOTE);
	cr_expect_eq(try_at(tempdir, "dead here", O_PATH), -EREMOTE);
	cr_expect_eq(try_at(tempdir, "live", O_RDONLY | O_DIRECTORY), 0);
	cr_expect_eq(try_at(tempdir, "none", O_PATH), -ENOENT);
	cr_expect_eq(try_at(below("live/deep"), "file", O_RDONLY), 0);
	cr_expect_eq(try_at("/", "proc", O_PATH), 0);
	cr_expect_eq(try_at("/proc", "self", O_RDONLY), -ELOOP);
}

Test(mounts, names_of_a_directory) {
	expect_names();
}

/* As in a container with a filter from before Linux 5.6. */
static void forbid_openat2(unsigned error) {
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

static void expect_all(void) {
	cr_expect_eq(try(below("dead here")), -EREMOTE);
	cr_expect_eq(try(link_to("dead here/x")), -EREMOTE);
	cr_expect_eq(try(below("live/../dead here/../live")), -EREMOTE);
	expect_names();
	mount_memory(below("live/deep"));
	expect_local_as_kernel();
}

Test(mounts, without_openat2) {
	forbid_openat2(ENOSYS);
	expect_all();
}

Test(mounts, with_openat2_forbidden) {
	forbid_openat2(EPERM);
	expect_all();
}

Test(mounts, where_all_answer) {
	cr_assert_eq(umount2(below("dead here"), MNT_DETACH), 0);
	expect_local_as_kernel();
}
