/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <dltest/standing.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "likeness.h"
#include "strv.h"

static struct dltest_standing standing;
static struct likeness *likeness;

static void set_up(void) {
	dltest_standing_take(&standing);
	cr_assert_eq(likeness_new(&standing, &likeness), 0);
}

static void tear_down(void) {
	likeness_free(likeness);
}

TestSuite(likeness, .init = set_up, .fini = tear_down);

/* A listener at a name of the kernel's choice, which goes to *ret_name. */
static int listen_anywhere(struct sockaddr_un *ret_name, socklen_t *ret_size) {
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret_name = (struct sockaddr_un){.sun_family = AF_UNIX};
	*ret_size = sizeof(*ret_name);
	cr_assert_eq(bind(fd, (struct sockaddr *)ret_name, sizeof(sa_family_t)), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)ret_name, ret_size), 0);
	cr_assert_eq(listen(fd, 1), 0);
	return fd;
}

typedef enum likeness_outcome comparison(const struct likeness *likeness, int fd);

/* What comes of a client that has become another by act(), and waits for the end. */
static enum likeness_outcome compare_by(comparison *compare, void (*act)(void)) {
	struct sockaddr_un name;
	socklen_t size;
	char byte;

	int listening = listen_anywhere(&name, &size);
	pid_t pid = fork();
	if (pid == 0) {
		int own = socket(AF_UNIX, SOCK_STREAM, 0);

		act();
		close(listening);
		_exit(connect(own, (struct sockaddr *)&name, size) < 0 || read(own, &byte, 1) != 0);
	}
	int fd = accept(listening, NULL, NULL);
	close(listening);
	cr_assert_geq(fd, 0);
	enum likeness_outcome outcome = compare(likeness, fd);
	close(fd);
	waitpid(pid, NULL, 0);
	return outcome;
}

static enum likeness_outcome compare_with(void (*act)(void)) {
	return compare_by(likeness_compare, act);
}

/* Has the likeness of what this process is by now. */
static void take_anew(void) {
	likeness_free(likeness);
	dltest_standing_take(&standing);
	cr_assert_eq(likeness_new(&standing, &likeness), 0);
}

static void do_nothing(void) {
}

static void lower_a_limit(void) {
	const struct rlimit low = {16, 16};

	setrlimit(RLIMIT_SIGPENDING, &low);
}

static void lower_a_limit_that_is_enough(void) {
	const struct rlimit low = {1024, 1024};

	setrlimit(RLIMIT_NOFILE, &low);
}

static void hide(void) {
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void have_each_group_once(void) {
	const gid_t groups[] = {24, 4};

	setgroups(2, groups);
}

static void have_each_group_often(void) {
	gid_t groups[300];

	for (size_t i = 0; i < 300; i++)
		groups[i] = i % 2 ? 4 : 24;
	setgroups(300, groups);
}

static void have_another_group(void) {
	const gid_t groups[] = {4, 24, 54321};

	setgroups(3, groups);
}

static void have_a_group_less(void) {
	const gid_t groups[] = {4, 4, 4};

	setgroups(3, groups);
}

Test(likeness, of_a_fork_is_the_same) {
	cr_expect_eq(compare_with(do_nothing), LIKENESS_SAME);
}

Test(likeness, of_lower_limits_is_another) {
	cr_expect_eq(compare_with(lower_a_limit), LIKENESS_OTHER);
	cr_expect_eq(compare_with(lower_a_limit_that_is_enough), LIKENESS_SAME);
}

Test(likeness, of_the_same_groups_is_the_same_however_often_each_is_told) {
	const gid_t groups[] = {4, 4, 24, 24};

	if (geteuid() != 0)
		cr_skip("it needs root to have other groups");
	cr_assert_eq(setgroups(4, groups), 0);
	take_anew();
	cr_expect_eq(compare_with(do_nothing), LIKENESS_SAME);
	cr_expect_eq(compare_with(have_each_group_once), LIKENESS_SAME);
	cr_expect_eq(compare_with(have_each_group_often), LIKENESS_SAME);
	cr_expect_eq(compare_with(have_another_group), LIKENESS_OTHER);
	cr_expect_eq(compare_with(have_a_group_less), LIKENESS_OTHER);
}

/* As is a program that its user may execute and not read. */
Test(likeness, of_who_cannot_be_looked_at_is_another_unless_it_has_started_this_one) {
	/* Root looks at everybody. */
	if (geteuid() == 0)
		cr_assert(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	take_anew();
	cr_expect_eq(compare_with(do_nothing), LIKENESS_SAME);
	cr_expect_eq(compare_with(hide), LIKENESS_OTHER);
	cr_expect_eq(compare_by(likeness_compare_places, hide), LIKENESS_SAME);
}

Test(likeness, of_who_stands_apart_is_nobodys) {
	struct likeness *apart;
	int pair[2];

	standing.kind = DLTEST_STANDING_APART;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_assert_eq(likeness_new(&standing, &apart), 0);
	cr_expect_eq(likeness_compare(apart, pair[0]), LIKENESS_OTHER);
	cr_expect_eq(likeness_compare_places(apart, pair[0]), LIKENESS_SAME);
	likeness_free(apart);
}

Test(likeness, words_are_compared) {
	cleanup_strv struct strv words = {0};

	cr_expect_eq(likeness_compare_words(likeness, &words), LIKENESS_SAME);
	strv_add(&words, "mdwe");
	cr_expect_eq(likeness_compare_words(likeness, &words), LIKENESS_OTHER);
}
