/* SPDX-License-Identifier: MIT */
#include "inherited.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/standing.h>

/* Of kernels newer than the headers may be. */
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

#define IOPRIO_WHO_PROCESS 1
/* What process 1 begins with. */
#define TIMERSLACK_NS 50000
/* Bits of a set of processors: more than there are, which the kernel takes for all. */
#define PROCESSORS 8192

/* Soft ones: what loads get is what the hard ones allow, and the daemon works for many. But for
 * core files, which are the user's wish. */
static void raise_limits(void) {
	size_t count;
	const struct dltest_limit *limits = dltest_standing_limits(&count);

	for (size_t i = 0; i < count; i++) {
		struct rlimit limit;

		if (limits[i].resource == RLIMIT_CORE || getrlimit(limits[i].resource, &limit) < 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(limits[i].resource, &limit);
	}
}

/* A user may leave a lower priority, or SCHED_IDLE, only where RLIMIT_NICE allows it. All of it
 * makes loads slow and nothing else: their time is their own. */
static void reset_scheduling(void) {
	const struct sched_param none = {0};
	unsigned char all[PROCESSORS / 8];

	memset(all, 0xff, sizeof(all));
	syscall(SYS_sched_setaffinity, 0, sizeof(all), all);
	syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
	setpriority(PRIO_PROCESS, 0, 0);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
	prctl(PR_SET_TIMERSLACK, TIMERSLACK_NS, 0, 0, 0);
}

static void reset_memory(void) {
	personality(PER_LINUX);
	syscall(SYS_set_mempolicy, 0, NULL, 0);
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0);
	prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0);
	/* What systemd has given it stays: less is for CAP_SYS_RESOURCE. */
	cleanup_fd int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "0", 1) < 0)
		(void)0;
}

/* But for SIGHUP, which nohup(1) has ignored on behalf of who is at the terminal. */
static void reset_signals(void) {
	const struct sigaction fresh = {.sa_handler = SIG_DFL};
	const struct itimerval never = {0};
	struct sigaction action;
	sigset_t none;

	for (int number = 1; number < NSIG; number++) {
		if (number != SIGHUP && sigaction(number, NULL, &action) == 0 &&
			action.sa_handler == SIG_IGN)
			sigaction(number, &fresh, NULL);
	}
	/* A file that may not become larger is an error of write(2), and no end. */
	signal(SIGXFSZ, SIG_IGN);
	setitimer(ITIMER_REAL, &never, NULL);
	setitimer(ITIMER_VIRTUAL, &never, NULL);
	setitimer(ITIMER_PROF, &never, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void inherited_reset(void) {
	umask(077);
	reset_signals();
	raise_limits();
	reset_scheduling();
	reset_memory();
	dltest_standing_disown();
}
