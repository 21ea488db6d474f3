/* SPDX-License-Identifier: MIT */
#include "lastwords.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "culprit.h"
#include "dependency.h"
#include "hostcall.h"
#include "loader_abi.h"

/* For what has no stack left. The frame of a signal has the vector registers, which are 11 KiB at
 * most so far; what tells needs as much. */
#define STACK_SIZE (128 * 1024)
/* How long a thread waits that fails while another one tells: in all, and at a time. */
#define WAITS	100
#define WAIT_NS 2000000

static uint64_t start;
static bool closing;
static pid_t asker;
static atomic_flag is_telling = ATOMIC_FLAG_INIT;

/* The first to come tells; what others do meanwhile must not end the process before that is done.
 */
static void tell(const ucontext_t *context) {
	const struct timespec moment = {.tv_nsec = WAIT_NS};

	if (!atomic_flag_test_and_set(&is_telling)) {
		culprit_tell(context, closing, start);
		return;
	}
	for (int i = 0; i < WAITS; i++)
		nanosleep(&moment, NULL);
}

static void on_crash(int number, siginfo_t *info, void *argument) {
	if (number == SIGSEGV && hostcall_answers(info, argument))
		return;
	if (number == SIGBUS)
		dependency_take_fault(info);
	tell(argument);
	/* It comes once more when this returns: the fault by itself, and what somebody sent. */
	signal(number, SIG_DFL);
	if (info->si_code <= 0)
		syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
}

static void on_hang(int number, siginfo_t *info, void *argument) {
	/* Whoever else sends it means what it does to who does nothing about it. */
	if (info->si_pid != asker) {
		signal(number, SIG_DFL);
		raise(number);
		return;
	}
	tell(argument);
	kill(getpid(), SIGKILL);
}

void lastwords_on_hang(uint64_t start_ns, pid_t daemon) {
	const struct sigaction action = {
		.sa_sigaction = on_hang, .sa_flags = SA_SIGINFO | SA_RESTART};

	start = start_ns;
	asker = daemon;
	sigaction(LOADER_SIGNAL_HANG, &action, NULL);
}

/* All by which a process ends that does nothing about them (signal(7)). SIGSYS is that of
 * trapped.h. */
static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE,
	SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGXCPU, SIGVTALRM,
	SIGPROF, SIGIO, SIGPWR};

void lastwords_on_crash(void) {
	struct sigaction action = {
		.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
	static char stack[STACK_SIZE];
	const stack_t place = {.ss_sp = stack, .ss_size = sizeof(stack)};

	sigaltstack(&place, NULL);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		sigaction(deadly[i], &action, NULL);
}

void lastwords_on_exit(const ucontext_t *context) {
	tell(context);
}

void lastwords_note_closing(void) {
	closing = true;
}
