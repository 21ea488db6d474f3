/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "childproc.h"

static pid_t child;

/* A child that is a session of its own, and waits. */
static void set_up(void) {
	int ready[2];
	char byte;

	cr_assert_eq(pipe(ready), 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		setsid();
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
}

static void tear_down(void) {
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

TestSuite(childproc, .init = set_up, .fini = tear_down);

/* As for whom the kernel may put off, with others of the suite. */
static int set_nice(int nice) {
	int r;

	while ((r = childproc_set_nice(child, getpid(), nice)) == -EAGAIN)
		usleep(CHILDPROC_AGAIN_MS * 1000);
	return r;
}

Test(childproc, lowers_the_priority_of_the_child_alone) {
	int own = getpriority(PRIO_PROCESS, 0);

	cr_expect_eq(set_nice(own + 7), 0);
	cr_expect_eq(getpriority(PRIO_PROCESS, (id_t)child), own + 7);
	cr_expect_eq(getpriority(PRIO_PROCESS, 0), own, "and nobody else");
}

Test(childproc, kills_the_child) {
	int status;

	cr_expect_eq(childproc_kill(child, getpid(), 0), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_expect_eq(childproc_kill(child, getpid(), 0), -ESRCH, "it is gone");
	cr_expect_eq(childproc_set_nice(child, getpid(), 1), -ESRCH);
}

/* It may be one: there is only no descriptor to find that out. */
Test(childproc, without_a_descriptor_it_is_to_be_asked_again) {
	struct rlimit limit, none;
	int status;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	int killed = childproc_kill(child, getpid(), 0);
	int nice = childproc_set_nice(child, getpid(), 7);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_expect_eq(killed, -EAGAIN);
	cr_expect_eq(nice, -EAGAIN);
	cr_expect_eq(childproc_kill(child, getpid(), 0), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
}

/* A number that a loader made up. */
Test(childproc, somebody_elses_child_is_left_alone) {
	cr_expect_eq(childproc_kill(child, getppid(), 7), -ESRCH);
	cr_expect_eq(childproc_set_nice(child, getppid(), 7), -ESRCH);
	cr_expect_eq(childproc_kill(child, 0, 0), -ESRCH, "not the parent of anybody");
	cr_expect_eq(childproc_kill(getpid(), child, 0), -ESRCH);
	cr_expect_eq(kill(child, 0), 0);
	cr_expect_eq(waitpid(child, NULL, WNOHANG), 0, "it lives");
	cr_expect_eq(getpriority(PRIO_PROCESS, (id_t)child), getpriority(PRIO_PROCESS, 0));
}

/* The name of a process can look like the rest of its line in /proc. */
Test(childproc, the_name_of_a_process_says_nothing_about_its_parent) {
	int ready[2];
	char byte;

	cr_assert_eq(pipe(ready), 0);
	pid_t other = fork();
	cr_assert_geq(other, 0);
	if (other == 0) {
		FILE *name = fopen("/proc/self/comm", "w");

		fprintf(name, ") S %d (", (int)child);
		fclose(name);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	cr_expect_eq(childproc_kill(other, child, 0), -ESRCH);
	cr_expect_eq(childproc_kill(other, getpid(), 0), 0);
	waitpid(other, NULL, 0);
}
