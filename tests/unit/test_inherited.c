/* SPDX-License-Identifier: MIT */
/* Each thing is set first as somebody may leave it to a daemon. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "inherited.h"

#define IOPRIO_IDLE (3 << 13)
#define MPOL_BIND   2

Test(inherited, soft_limits_are_raised_and_hard_ones_stay) {
	static const int resources[] = {RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_CPU, RLIMIT_FSIZE,
		RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK};
	const size_t count = sizeof(resources) / sizeof(resources[0]);
	struct rlimit before[sizeof(resources) / sizeof(resources[0])], limit;

	for (size_t i = 0; i < count; i++) {
		const __rlimit_resource_t resource = (__rlimit_resource_t)resources[i];

		cr_assert_eq(getrlimit(resource, &before[i]), 0);
		limit = before[i];
		if (resource == RLIMIT_NOFILE || resource == RLIMIT_CPU || resource == RLIMIT_FSIZE)
			limit.rlim_cur = 100;
		cr_assert_eq(setrlimit(resource, &limit), 0);
	}
	inherited_reset();
	for (size_t i = 0; i < count; i++) {
		cr_assert_eq(getrlimit((__rlimit_resource_t)resources[i], &limit), 0);
		cr_expect_eq(limit.rlim_max, before[i].rlim_max);
		cr_expect_eq(limit.rlim_cur, before[i].rlim_max);
	}
}

Test(inherited, core_files_are_the_users_wish) {
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	limit.rlim_cur = 0;
	cr_assert_eq(setrlimit(RLIMIT_CORE, &limit), 0);
	inherited_reset();
	cr_assert_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	cr_expect_eq(limit.rlim_cur, 0);
}

Test(inherited, all_processors_are_used) {
	cpu_set_t all, one;

	cr_assert_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&one);
	for (int i = 0; CPU_COUNT(&one) == 0; i++) {
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &one);
	}
	cr_assert_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	inherited_reset();
	cr_assert_eq(sched_getaffinity(0, sizeof(one), &one), 0);
	cr_expect_geq(CPU_COUNT(&one), CPU_COUNT(&all));
}

Test(inherited, the_scheduling_policy_is_the_usual_one) {
	const struct sched_param none = {0}, some = {1};

	cr_assert_eq(sched_setscheduler(0, SCHED_BATCH, &none), 0);
	inherited_reset();
	cr_expect_eq(sched_getscheduler(0), SCHED_OTHER);
	/* Real time priorities are root's to give. */
	if (sched_setscheduler(0, SCHED_FIFO, &some) < 0)
		return;
	inherited_reset();
	cr_expect_eq(sched_getscheduler(0), SCHED_OTHER);
}

Test(inherited, the_priority_is_the_usual_one_where_that_is_allowed) {
	const struct sched_param none = {0};
	bool root = geteuid() == 0;

	cr_assert_eq(setpriority(PRIO_PROCESS, 0, 10), 0);
	cr_assert_eq(sched_setscheduler(0, SCHED_IDLE, &none), 0);
	cr_assert_geq(syscall(SYS_ioprio_set, 1, 0, IOPRIO_IDLE), 0);
	inherited_reset();
	cr_expect_eq(getpriority(PRIO_PROCESS, 0), root ? 0 : 10);
	if (root)
		cr_expect_eq(sched_getscheduler(0), SCHED_OTHER);
	cr_expect_neq(syscall(SYS_ioprio_get, 1, 0) >> 13, IOPRIO_IDLE >> 13);
}

Test(inherited, the_personality_is_linux) {
	cr_assert_geq(personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC | UNAME26), 0);
	inherited_reset();
	cr_expect_eq(personality(0xffffffff), PER_LINUX);
}

Test(inherited, memory_comes_from_anywhere) {
	unsigned long nodes = 1;
	int mode = -1;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof(nodes)) < 0)
		cr_skip("this kernel has no memory policies: %d", errno);
	inherited_reset();
	cr_assert_eq(syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0), 0);
	cr_expect_eq(mode, 0);
}

Test(inherited, the_kernels_favours_are_the_usual_ones) {
	cr_assert_eq(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
	cr_assert_eq(prctl(PR_SET_TIMERSLACK, 1000000000, 0, 0, 0), 0);
	cr_assert_eq(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0), 0);
	inherited_reset();
	cr_expect_eq(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
	cr_expect_eq(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 50000);
	cr_expect_eq(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_DEFAULT);
}

/* Of a sanitizer's terabytes the kernel would have to look at each page. */
#ifndef __SANITIZE_ADDRESS__
Test(inherited, identical_memory_is_not_merged) {
	/* Linux 6.4 with KSM, for who has CAP_SYS_RESOURCE. */
	if (prctl(67 /* PR_SET_MEMORY_MERGE */, 1, 0, 0, 0) < 0)
		cr_skip("memory cannot be merged here: %d", errno);
	inherited_reset();
	cr_expect_eq(prctl(68 /* PR_GET_MEMORY_MERGE */, 0, 0, 0, 0), 0);
}
#endif

#ifdef __x86_64__
Test(inherited, the_clock_can_be_read) {
	int state = 0;

	cr_assert_eq(prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0), 0);
	inherited_reset();
	cr_assert_eq(prctl(PR_GET_TSC, &state, 0, 0, 0), 0);
	cr_expect_eq(state, PR_TSC_ENABLE);
}
#endif

static void write_score(const char *score) {
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	cr_assert_gt(write(fd, score, strlen(score)), 0);
	close(fd);
}

Test(inherited, it_is_no_likelier_victim_of_want_of_memory) {
	char score[8] = "";

	write_score("500");
	inherited_reset();
	int fd = open("/proc/self/oom_score_adj", O_RDONLY);
	cr_assert_gt(read(fd, score, sizeof(score) - 1), 0);
	close(fd);
	cr_expect_lt(atoi(score), 500);
}

Test(inherited, nobody_else_reads_its_files) {
	umask(0);
	inherited_reset();
	cr_expect_eq(umask(0), 077);
}

Test(inherited, signals_are_neither_blocked_nor_ignored) {
	struct sigaction action;
	sigset_t all, blocked;

	sigfillset(&all);
	signal(SIGTERM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigprocmask(SIG_SETMASK, &all, NULL);
	inherited_reset();
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	cr_expect(sigisemptyset(&blocked));
	sigaction(SIGTERM, NULL, &action);
	cr_expect_eq(action.sa_handler, SIG_DFL);
	sigaction(SIGCHLD, NULL, &action);
	cr_expect_eq(action.sa_handler, SIG_DFL);
	sigaction(SIGHUP, NULL, &action);
	cr_expect_eq(action.sa_handler, SIG_IGN, "nohup(1) stays");
	sigaction(SIGXFSZ, NULL, &action);
	cr_expect_eq(action.sa_handler, SIG_IGN, "an error and no end");
}

Test(inherited, no_timer_runs) {
	struct itimerval soon = {.it_value = {.tv_sec = 50}};

	setitimer(ITIMER_REAL, &soon, NULL);
	setitimer(ITIMER_VIRTUAL, &soon, NULL);
	setitimer(ITIMER_PROF, &soon, NULL);
	inherited_reset();
	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
		cr_assert_eq(getitimer((__itimer_which_t)which, &soon), 0);
		cr_expect_eq(soon.it_value.tv_sec, 0);
	}
}
