/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/sockpath.h>

/* Every test runs in a process of its own with a directory of its own. */
static char base[64];
static char deep[PATH_MAX];
static struct dltest_sockpath place;

static void set_up(void) {
	strcpy(base, "/tmp/dltest-unit.XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	cr_assert_eq(setenv("HOME", base, 1), 0);
	unsetenv("TSUKU_HOME");
	unsetenv("TSUKU_DLTEST_SOCKET");
	unsetenv("XDG_RUNTIME_DIR");
}

static void remove_tree(const char *path) {
	DIR *dir = opendir(path);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		char *child = NULL;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		cr_assert_geq(asprintf(&child, "%s/%s", path, entry->d_name), 0);
		if (unlink(child) < 0)
			remove_tree(child);
		free(child);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

static void tear_down(void) {
	dltest_sockpath_fini(&place);
	cr_expect_eq(chdir("/"), 0);
	remove_tree(base);
}

TestSuite(sockpath, .init = set_up, .fini = tear_down);

/* A directory in 'base' whose path is far longer than sun_path. */
static const char *make_deep(void) {
	strcpy(deep, base);
	for (int i = 0; i < 5; i++) {
		strcat(deep, "/a_directory_with_a_name_of_some_sixty_characters_to_be_really_deep");
		cr_assert_eq(mkdir(deep, 0700), 0);
	}
	cr_assert_gt(strlen(deep), sizeof(((struct sockaddr_un *)0)->sun_path));
	return deep;
}

static void place_in(const char *home) {
	dltest_sockpath_fini(&place);
	cr_assert_eq(dltest_sockpath_init(&place, home, NULL), 0);
}

/* Listens, connects, sends a byte through. */
static void exchange(void) {
	cleanup_fd int listener = dltest_sockpath_listen(&place, NULL, NULL);
	cr_assert_geq(listener, 0);
	cleanup_fd int client = dltest_sockpath_connect(&place, 2000);
	cr_assert_geq(client, 0);
	cleanup_fd int server = accept(listener, NULL, NULL);
	char byte = 0;

	cr_assert_geq(server, 0);
	cr_assert_eq(write(client, "x", 1), 1);
	cr_assert_eq(read(server, &byte, 1), 1);
	cr_expect_eq(byte, 'x');
	cr_expect(fcntl(listener, F_GETFD) & FD_CLOEXEC);
	cr_expect(fcntl(client, F_GETFD) & FD_CLOEXEC);
}

Test(sockpath, home_is_tsuku_home) {
	cleanup_free char *home = NULL;

	setenv("TSUKU_HOME", "/some/where//", 1);
	cr_assert_eq(dltest_home(&home), 0);
	cr_expect_str_eq(home, "/some/where");
}

Test(sockpath, home_is_made_absolute) {
	cleanup_free char *home = NULL;
	char expected[PATH_MAX];

	cr_assert_eq(chdir(base), 0);
	cr_assert_not_null(getcwd(expected, sizeof(expected) - 16));
	strcat(expected, "/relative");
	setenv("TSUKU_HOME", "relative", 1);
	cr_assert_eq(dltest_home(&home), 0);
	cr_expect_str_eq(home, expected);
}

Test(sockpath, home_is_dot_tsuku_by_default) {
	cleanup_free char *home = NULL;
	cleanup_free char *empty = NULL;
	char expected[128];

	snprintf(expected, sizeof(expected), "%s/.tsuku", base);
	cr_assert_eq(dltest_home(&home), 0);
	cr_expect_str_eq(home, expected);
	setenv("TSUKU_HOME", "", 1);
	cr_assert_eq(dltest_home(&empty), 0);
	cr_expect_str_eq(empty, expected);
}

Test(sockpath, home_comes_from_the_password_file_at_last) {
	cleanup_free char *home = NULL;

	unsetenv("HOME");
	int r = dltest_home(&home);
	cr_assert(r == 0 || r == -ENOENT);
	if (r == 0)
		cr_expect_eq(home[0], '/');
}

Test(sockpath, home_may_be_the_root_directory) {
	cleanup_free char *home = NULL;

	setenv("TSUKU_HOME", "//", 1);
	cr_assert_eq(dltest_home(&home), 0);
	cr_expect_str_eq(home, "/");
	place_in("/");
	cr_expect_str_eq(place.path, "/dltest.sock");
}

Test(sockpath, the_socket_is_in_the_home) {
	char expected[128];

	place_in(base);
	snprintf(expected, sizeof(expected), "%s/dltest.sock", base);
	cr_expect_str_eq(place.path, expected);
	cr_expect_str_eq(place.dir, base);
	cr_expect_str_eq(place.name, "dltest.sock");
}

Test(sockpath, the_environment_names_another_socket) {
	setenv("TSUKU_DLTEST_SOCKET", "/run/elsewhere/x.sock", 1);
	place_in(base);
	cr_expect_str_eq(place.path, "/run/elsewhere/x.sock");
	cr_expect_str_eq(place.dir, "/run/elsewhere");
	cr_expect_str_eq(place.name, "x.sock");
}

Test(sockpath, an_empty_environment_variable_names_nothing) {
	setenv("TSUKU_DLTEST_SOCKET", "", 1);
	place_in(base);
	cr_expect_str_eq(place.name, "dltest.sock");
	cr_expect_str_eq(place.dir, base);
}

Test(sockpath, the_override_comes_first) {
	setenv("TSUKU_DLTEST_SOCKET", "/run/elsewhere/x.sock", 1);
	cr_assert_eq(dltest_sockpath_init(&place, base, "/over/ride.sock"), 0);
	cr_expect_str_eq(place.path, "/over/ride.sock");
}

Test(sockpath, a_relative_override_is_made_absolute) {
	cr_assert_eq(chdir(base), 0);
	cr_assert_eq(dltest_sockpath_init(&place, NULL, "near.sock"), 0);
	cr_expect_eq(place.path[0], '/');
	cr_expect_str_eq(place.name, "near.sock");
	exchange();
}

Test(sockpath, an_override_may_be_in_the_root_directory) {
	cr_assert_eq(dltest_sockpath_init(&place, NULL, "/x.sock"), 0);
	cr_expect_str_eq(place.dir, "/");
	cr_expect_str_eq(place.path, "/x.sock");
}

Test(sockpath, an_override_that_is_a_directory_is_refused) {
	cr_expect_lt(dltest_sockpath_init(&place, base, "/some/dir/"), 0);
	cr_expect_null(place.path);
}

Test(sockpath, without_a_home_there_is_no_socket) {
	cr_expect_eq(dltest_sockpath_init(&place, NULL, NULL), -ENOENT);
	cr_expect_null(place.path);
	cr_expect_null(place.dir);
}

Test(sockpath, a_directory_of_the_users_own_is_trusted) {
	place_in(base);
	cr_expect_eq(dltest_sockpath_check(&place), 0);
}

Test(sockpath, a_directory_others_can_write_to_is_not_trusted) {
	place_in(base);
	cr_assert_eq(chmod(base, 0720), 0);
	cr_expect_eq(dltest_sockpath_check(&place), -EPERM);
	cr_assert_eq(chmod(base, 0702), 0);
	cr_expect_eq(dltest_sockpath_check(&place), -EPERM);
	cr_assert_eq(chmod(base, 01777), 0);
	cr_expect_eq(dltest_sockpath_check(&place), -EPERM);
	cr_assert_eq(chmod(base, 0755), 0);
	cr_expect_eq(dltest_sockpath_check(&place), 0);
}

Test(sockpath, a_directory_of_another_user_is_not_trusted) {
	if (geteuid() == 0) {
		place_in(base);
		cr_assert_eq(chown(base, 4242, 4242), 0);
		cr_expect_eq(dltest_sockpath_check(&place), -EPERM);
	} else {
		place_in("/");
		cr_expect_eq(dltest_sockpath_check(&place), -EPERM);
	}
}

Test(sockpath, a_directory_that_is_not_there_is_an_error) {
	char missing[128];

	snprintf(missing, sizeof(missing), "%s/missing", base);
	place_in(missing);
	cr_expect_eq(dltest_sockpath_check(&place), -ENOENT);
	cr_expect_eq(dltest_sockpath_connect(&place, 2000), -ENOENT);
	cr_expect_eq(dltest_sockpath_listen(&place, NULL, NULL), -ENOENT);
	cr_expect_eq(dltest_sockpath_lock(&place), -ENOENT);
}

Test(sockpath, listens_and_connects) {
	place_in(base);
	cr_expect_eq(dltest_sockpath_connect(&place, 2000), -ENOENT);
	exchange();
}

Test(sockpath, the_socket_is_for_its_owner_alone) {
	struct stat status;

	umask(0);
	place_in(base);
	cleanup_fd int listener = dltest_sockpath_listen(&place, NULL, NULL);
	cr_assert_geq(listener, 0);
	cr_assert_eq(stat(place.path, &status), 0);
	cr_expect(S_ISSOCK(status.st_mode));
	cr_expect_eq(status.st_mode & 07777, 0600);
	cr_expect_eq(umask(0), 0, "umask is as it was");
}

Test(sockpath, a_path_may_be_longer_than_an_address) {
	char before[PATH_MAX], after[PATH_MAX];

	cr_assert_eq(chdir(base), 0);
	cr_assert_not_null(getcwd(before, sizeof(before)));
	place_in(make_deep());
	exchange();
	cr_assert_not_null(getcwd(after, sizeof(after)));
	cr_expect_str_eq(before, after, "the working directory is as it was");
}

/* 107 bytes are the longest that fit with their NUL on Linux; both sides of the edge. */
Test(sockpath, a_path_may_be_about_as_long_as_an_address) {
	for (size_t length = 100; length < 115; length++) {
		char home[PATH_MAX];
		size_t fixed = strlen(base) + strlen("/") + strlen("/dltest.sock");

		snprintf(home, sizeof(home), "%s/", base);
		memset(home + strlen(home), 'd', length - fixed);
		home[length - strlen("/dltest.sock")] = '\0';
		cr_assert_eq(mkdir(home, 0700), 0);
		place_in(home);
		cr_assert_eq(strlen(place.path), length);
		exchange();
	}
}

Test(sockpath, a_name_longer_than_an_address_is_an_error) {
	char override[PATH_MAX];

	snprintf(override, sizeof(override), "%s/", base);
	memset(override + strlen(override), 'n', 200);
	override[strlen(base) + 1 + 200] = '\0';
	cr_assert_eq(dltest_sockpath_init(&place, NULL, override), 0);
	cr_expect_eq(dltest_sockpath_listen(&place, NULL, NULL), -ENAMETOOLONG);
	cr_expect_eq(dltest_sockpath_connect(&place, 2000), -ENAMETOOLONG);
}

Test(sockpath, a_home_may_be_a_symlink) {
	char real[128], link[128];

	snprintf(real, sizeof(real), "%s/real", base);
	snprintf(link, sizeof(link), "%s/link", base);
	cr_assert_eq(mkdir(real, 0700), 0);
	cr_assert_eq(symlink(real, link), 0);
	place_in(link);
	cr_expect_eq(dltest_sockpath_check(&place), 0);
	cleanup_fd int listener = dltest_sockpath_listen(&place, NULL, NULL);
	cr_assert_geq(listener, 0);
	place_in(real);
	cleanup_fd int client = dltest_sockpath_connect(&place, 2000);
	cr_expect_geq(client, 0);
}

Test(sockpath, nobody_listens_at_a_stale_socket) {
	place_in(base);
	fd_close(dltest_sockpath_listen(&place, NULL, NULL));
	cr_expect_eq(access(place.path, F_OK), 0);
	cr_expect_eq(dltest_sockpath_connect(&place, 2000), -ECONNREFUSED);
	exchange();
}

/* It may be what somebody needs, named by mistake. */
Test(sockpath, a_file_at_the_place_stays) {
	place_in(base);
	cleanup_fd int file = open(place.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	cr_assert_geq(file, 0);
	cr_expect_eq(dltest_sockpath_listen(&place, NULL, NULL), -EEXIST);
	cr_expect_eq(access(place.path, F_OK), 0);
}

Test(sockpath, a_socket_or_symlink_at_the_place_is_replaced) {
	place_in(base);
	exchange();
	exchange();
	cr_assert_eq(unlink(place.path), 0);
	cr_assert_eq(symlink("/etc/passwd", place.path), 0);
	exchange();
	cr_expect_eq(access("/etc/passwd", R_OK), 0, "what the symlink led to is untouched");
}

Test(sockpath, one_at_a_time_has_the_lock) {
	place_in(base);
	cleanup_fd int first = dltest_sockpath_lock(&place);
	cr_assert_geq(first, 0);
	cr_expect(fcntl(first, F_GETFD) & FD_CLOEXEC);
	cr_expect_eq(dltest_sockpath_lock(&place), -EWOULDBLOCK);

	/* A copy of the descriptor holds it as well: how the client hands it to the daemon. */
	cleanup_fd int copy = dup(first);
	first = fd_close(first);
	cr_expect_eq(dltest_sockpath_lock(&place), -EWOULDBLOCK);
	copy = fd_close(copy);
	cleanup_fd int second = dltest_sockpath_lock(&place);
	cr_expect_geq(second, 0);
}

Test(sockpath, the_lock_file_is_private_and_stays) {
	struct stat status;
	char path[128];

	umask(0);
	place_in(base);
	snprintf(path, sizeof(path), "%s/dltest.sock.lock", base);
	fd_close(dltest_sockpath_lock(&place));
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0600);
	cr_expect_eq(status.st_size, 0);
}

Test(sockpath, a_lock_file_that_is_a_symlink_is_refused) {
	char path[128], target[128];

	place_in(base);
	snprintf(path, sizeof(path), "%s/dltest.sock.lock", base);
	snprintf(target, sizeof(target), "%s/target", base);
	cr_assert_eq(symlink(target, path), 0);
	cr_expect_lt(dltest_sockpath_lock(&place), 0);
	cr_expect_lt(access(target, F_OK), 0);
}

Test(sockpath, identity_changes_with_the_socket) {
	dev_t dev[2];
	ino_t ino[2];

	place_in(base);
	cr_expect_eq(dltest_sockpath_identity(&place, &dev[0], &ino[0]), -ENOENT);
	cleanup_fd int first = dltest_sockpath_listen(&place, NULL, NULL);
	cr_assert_eq(dltest_sockpath_identity(&place, &dev[0], &ino[0]), 0);

	char kept[128];
	snprintf(kept, sizeof(kept), "%s/kept", base);
	cr_assert_eq(rename(place.path, kept), 0);
	cleanup_fd int second = dltest_sockpath_listen(&place, NULL, NULL);
	cr_assert_eq(dltest_sockpath_identity(&place, &dev[1], &ino[1]), 0);
	cr_expect(dev[0] != dev[1] || ino[0] != ino[1]);
	cr_expect(first >= 0 && second >= 0);

	/* Somebody else's socket is left alone. */
	dltest_sockpath_remove(&place, dev[0], ino[0]);
	cr_expect_eq(access(place.path, F_OK), 0);
	dltest_sockpath_remove(&place, dev[1], ino[1]);
	cr_expect_lt(access(place.path, F_OK), 0);
	dltest_sockpath_remove(&place, dev[1], ino[1]);
}
