/* SPDX-License-Identifier: MIT */
/* Attacks on other processes by signals, and by what makes the kernel send signals. */
#include "attack.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

/* Not in the headers of every C library. */
#define SETSIG	  10
#define SETOWN_EX 15
#define TYPE_PID  1
#define TARGETS	  3

static long target(int index) {
	const long targets[TARGETS] = {conf_number("bystander"), conf_number("daemon"), getppid()};

	return targets[index];
}

static void signal_others(void) {
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = SIGTERM;
	info.si_code = SI_QUEUE;
	for (int i = 0; i < TARGETS; i++) {
		long pid = target(i);

		TRY_SYS(kill, pid, SIGTERM);
		TRY_SYS(kill, pid, SIGKILL);
		TRY_SYS(kill, -pid, SIGTERM);
		TRY_SYS(kill, pid, 0);
		TRY_SYS(tkill, pid, SIGTERM);
		TRY_SYS(tgkill, pid, pid, SIGTERM);
		TRY_SYS(rt_sigqueueinfo, pid, SIGTERM, &info);
		TRY_SYS(rt_tgsigqueueinfo, pid, pid, SIGTERM, &info);
		TRY_SYS(pidfd_open, pid, 0);
		TRY_SYS(pidfd_send_signal, i, SIGTERM, NULL, 0);
	}
	/* No more than asking, lest a sandbox that fails takes the machine with it. */
	TRY_SYS(kill, -1, 0);
	/* Its own number in the low word, and something in the high one, is still itself to the
	 * kernel; another's number in the low word must not pass as its own. */
	TRY_SYS(kill, ((long)getpid() << 32) | target(0), SIGTERM);
}

/* The kernel as a gun: readiness of a pipe signals whoever owns it. */
static void signal_by_pipe(void) {
	struct {
		int type, pid;
	} owner = {TYPE_PID, (int)target(0)};
	int ends[2], owner_pid = (int)target(0), on = 1;

	if (pipe(ends) < 0) {
		say("ODD pipe: %s\n", strerror(errno));
		return;
	}
	for (int i = 0; i < TARGETS; i++) {
		TRY_SYS(fcntl, ends[0], F_SETOWN, target(i));
		TRY_SYS(fcntl, ends[0], F_SETOWN, -target(i));
	}
	TRY_SYS(fcntl, ends[0], SETOWN_EX, &owner);
	TRY_SYS(fcntl, ends[0], SETSIG, SIGKILL);
	TRY_SYS(fcntl, ends[0], F_SETFL, O_ASYNC | O_NONBLOCK);
	TRY_SYS(fcntl, ends[0], 0x100000000L | F_SETOWN, target(0));
	TRY_SYS(ioctl, ends[0], FIOSETOWN, &owner_pid);
	TRY_SYS(ioctl, ends[0], SIOCSPGRP, &owner_pid);
	TRY_SYS(ioctl, ends[0], FIOASYNC, &on);
	TRY_SYS(ioctl, ends[0], 0x100000000L | FIOASYNC, &on);
	if (write(ends[1], "x", 1) < 0)
		say("ODD write: %s\n", strerror(errno));
	close(ends[0]);
	close(ends[1]);
}

static void signal_by_timer(void) {
	struct sigevent event;
	timer_t timer;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = 4; /* SIGEV_THREAD_ID */
	event.sigev_signo = SIGKILL;
	/* where the thread's number is in the kernel's structure */
	memcpy((char *)&event + offsetof(struct sigevent, _sigev_un), &(int){(int)target(0)},
		sizeof(int));
	TRY_SYS(timer_create, CLOCK_MONOTONIC, &event, &timer);
	TRY_SYS(mq_notify, 0, &event);
	TRY_SYS(mq_open, "dltest-attack", O_CREAT | O_RDWR, 0600, NULL);
	TRY_SYS(mq_unlink, "dltest-canary");
}

/* To itself all of that is allowed: abort() and raise() need it. */
static void signal_itself(void) {
	signal(SIGUSR1, SIG_IGN);
	if (kill(getpid(), SIGUSR1) < 0 || raise(SIGUSR1) < 0 ||
		syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1) < 0)
		say("ODD a signal to itself: %s\n", strerror(errno));
	else
		say("TO ITSELF\n");
}

static void *signal_forever(void *argument) {
	for (;;)
		syscall(SYS_kill, getpid(), 0);
	return argument;
}

/* Each of them is somebody's business. */
static void signal_itself_forever(void) {
	pthread_t id;

	for (int i = 0; i < 7; i++)
		pthread_create(&id, NULL, signal_forever, NULL);
	signal_forever(NULL);
}

const struct attack attacks_signals[] = {
	{"signal_by_pipe", signal_by_pipe},
	{"signal_by_timer", signal_by_timer},
	{"signal_itself", signal_itself},
	{"signal_itself_forever", signal_itself_forever},
	{"signal_others", signal_others},
	{0},
};
