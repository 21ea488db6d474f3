/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int signals[] = {SIGSEGV, SIGBUS};

#define SIGNALS_COUNT (sizeof(signals) / sizeof(signals[0]))

static struct sigaction before[SIGNALS_COUNT];
static sigjmp_buf escape;
static long guarded_thread;

static void on_fault(int number) {
	if (syscall(SYS_gettid) == guarded_thread)
		siglongjmp(escape, 1);
	/* The instruction is tried again and faults again, for whoever was there before. */
	for (size_t i = 0; i < SIGNALS_COUNT; i++) {
		if (signals[i] == number)
			sigaction(number, &before[i], NULL);
	}
}

bool guard_run(void (*run)(void *context), void *context) {
	struct sigaction action = {.sa_handler = on_fault};
	sigset_t set, old;

	/* A blocked signal of this kind would end the process. */
	sigemptyset(&set);
	for (size_t i = 0; i < SIGNALS_COUNT; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_UNBLOCK, &set, &old);
	guarded_thread = syscall(SYS_gettid);
	for (size_t i = 0; i < SIGNALS_COUNT; i++)
		sigaction(signals[i], &action, &before[i]);

	volatile bool faulted = sigsetjmp(escape, 1) != 0;
	if (!faulted)
		run(context);

	for (size_t i = 0; i < SIGNALS_COUNT; i++)
		sigaction(signals[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return !faulted;
}
