/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "childproc.h"

static pid_t child;
static struct childproc_usage usage;

/* A child that does 'work', says that it is done, and waits. */
static pid_t start_child(void (*work)(void)) {
	int ready[2];
	char byte;

	cr_assert_eq(pipe(ready), 0);
	pid_t pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		work();
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end_child(pid_t pid) {
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void do_nothing(void) {
}

static void set_up(void) {
	child = start_child(do_nothing);
}

static void tear_down(void) {
	end_child(child);
}

TestSuite(childproc, .init = set_up, .fini = tear_down);

Test(childproc, kills_the_child) {
	int status;

	cr_expect_eq(childproc_kill(child, getpid()), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_expect_eq(childproc_kill(child, getpid()), -ESRCH, "it is gone");
	cr_expect_eq(childproc_look(child, getpid(), &usage), -ESRCH);
}

/* It may be one: there is only no descriptor to find that out. */
Test(childproc, without_a_descriptor_it_is_to_be_asked_again) {
	struct rlimit limit, none;
	int status;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	int killed = childproc_kill(child, getpid());
	int looked = childproc_look(child, getpid(), &usage);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_expect_eq(killed, -EAGAIN);
	cr_expect_eq(looked, -EAGAIN);
	cr_expect_eq(childproc_kill(child, getpid()), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
}

/* A number that a loader made up. */
Test(childproc, somebody_elses_child_is_left_alone) {
	cr_expect_eq(childproc_kill(child, getppid()), -ESRCH);
	cr_expect_eq(childproc_look(child, getppid(), &usage), -ESRCH);
	cr_expect_eq(childproc_look(child, 0, &usage), -ESRCH);
	cr_expect_eq(childproc_kill(child, 0), -ESRCH, "not the parent of anybody");
	cr_expect_eq(childproc_kill(getpid(), child), -ESRCH);
	cr_expect_eq(kill(child, 0), 0);
	cr_expect_eq(waitpid(child, NULL, WNOHANG), 0, "it lives");
}

static void work_for_30_ms(void) {
	struct timespec used;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	while (used.tv_nsec < 30000000);
}

static void *work_in_thread(void *argument) {
	work_for_30_ms();
	return argument;
}

static void work_in_a_thread_that_ends(void) {
	pthread_t thread;

	pthread_create(&thread, NULL, work_in_thread, NULL);
	pthread_join(thread, NULL);
}

static void fill_memory(void) {
	const size_t size = 64 << 20;
	char *read_only =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	memset(read_only, 1, size);
	memset(shared, 1, size);
	mprotect(read_only, size, PROT_READ);
	/* As much as anybody may reserve. */
	mmap(NULL, size << 10, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

Test(childproc, tells_the_time_that_was_used) {
	pid_t worker = start_child(work_for_30_ms);

	cr_assert_eq(childproc_look(worker, getpid(), &usage), 0);
	cr_expect_geq(usage.cpu_us, 30000);
	cr_expect_geq(usage.living_cpu_us, 30000);
	cr_expect_not(usage.ended);
	end_child(worker);
}

Test(childproc, tells_the_time_of_threads_that_have_ended) {
	pid_t worker = start_child(work_in_a_thread_that_ends);

	cr_assert_eq(childproc_look(worker, getpid(), &usage), 0);
	cr_expect_geq(usage.cpu_us, 30000);
	cr_expect_leq(usage.living_cpu_us, usage.cpu_us - 25000);
	end_child(worker);
}

Test(childproc, tells_the_memory_there_is_and_not_what_was_reserved) {
	pid_t filler = start_child(fill_memory);

	cr_assert_eq(childproc_look(filler, getpid(), &usage), 0);
	cr_expect_geq(usage.resident, 128 << 20);
	cr_expect_leq(usage.resident, 160 << 20);
	end_child(filler);
}

Test(childproc, tells_that_a_child_has_ended) {
	siginfo_t info;

	kill(child, SIGKILL);
	cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	cr_assert_eq(childproc_look(child, getpid(), &usage), 0);
	cr_expect(usage.ended);
	cr_expect_not(childproc_is_runnable(child));
}

Test(childproc, can_tell_who_wants_a_processor) {
	cr_expect(childproc_is_runnable(getpid()));
	cr_expect_not(childproc_is_runnable(0));
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
	cr_expect_eq(childproc_kill(other, child), -ESRCH);
	cr_expect_eq(childproc_kill(other, getpid()), 0);
	waitpid(other, NULL, 0);
}
