/* SPDX-License-Identifier: MIT */
#include "hostcall.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include "registers.h"
#include "report.h"
#include "standin.h"

/* The frame of a signal has the vector registers, which are 11 KiB at most so far. */
#define STACK_SIZE (64 * 1024)

static uint64_t start;
static bool is_watching;
static atomic_flag is_told = ATOMIC_FLAG_INIT;

static void tell(const char *name) {
	const struct report report = {
		.stage = LOADER_STAGE_CALLED, .text = name, .start_ns = start};
	int before = errno;

	if (!atomic_flag_test_and_set(&is_told))
		report_send(&report);
	errno = before;
}

bool hostcall_answers(const siginfo_t *info, ucontext_t *context) {
	uintptr_t address = (uintptr_t)info->si_addr;
	const char *name = is_watching ? standin_function_at(address) : NULL;

	/* Also who only reads the code of a function has no real one. */
	if (name)
		tell(name);
	return name && registers_counter(context) == address && registers_return_zero(context);
}

static void on_fault(int number, siginfo_t *info, void *argument) {
	if (hostcall_answers(info, argument))
		return;
	/* Any other fault: it happens once more, as if nobody had watched. */
	signal(number, SIG_DFL);
	/* But for one that somebody has sent. */
	if (info->si_code <= 0)
		raise(number);
}

void hostcall_watch(uint64_t start_ns) {
	static char stack[STACK_SIZE];
	const stack_t place = {.ss_sp = stack, .ss_size = sizeof(stack)};
	/* Of another thread, too, and one after the other. */
	struct sigaction action = {
		.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

	start = start_ns;
	is_watching = true;
	sigaltstack(&place, NULL);
	sigaction(SIGSEGV, &action, NULL);
}
