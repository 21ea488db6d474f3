/* SPDX-License-Identifier: MIT */
#include "hostcall.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include "report.h"
#include "standin.h"

/* The frame of a signal has the vector registers, which are 11 KiB at most so far. */
#define STACK_SIZE (64 * 1024)

static uint64_t start;
static atomic_flag is_told = ATOMIC_FLAG_INIT;

/* What the caller expects of a function that answers 0, by the calling conventions of the machine.
 * Returns false where that is not known. */
static bool return_zero(ucontext_t *context) {
#if defined(__x86_64__)
	greg_t *registers = context->uc_mcontext.gregs;
	greg_t *stack = (greg_t *)registers[REG_RSP];

	registers[REG_RIP] = *stack;
	registers[REG_RSP] += (greg_t)sizeof(*stack);
	registers[REG_RAX] = 0;
	return true;
#elif defined(__i386__)
	greg_t *registers = context->uc_mcontext.gregs;
	greg_t *stack = (greg_t *)registers[REG_ESP];

	registers[REG_EIP] = *stack;
	registers[REG_ESP] += (greg_t)sizeof(*stack);
	registers[REG_EAX] = 0;
	return true;
#elif defined(__aarch64__)
	context->uc_mcontext.pc = context->uc_mcontext.regs[30];
	context->uc_mcontext.regs[0] = 0;
	return true;
#elif defined(__riscv)
	context->uc_mcontext.__gregs[REG_PC] = context->uc_mcontext.__gregs[REG_RA];
	context->uc_mcontext.__gregs[REG_A0] = 0;
	return true;
#else
	(void)context;
	return false;
#endif
}

/* The address that was executed; 0 where that is not known. */
static uintptr_t counter_of(const ucontext_t *context) {
#if defined(__x86_64__)
	return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__i386__)
	return (uintptr_t)context->uc_mcontext.gregs[REG_EIP];
#elif defined(__aarch64__)
	return (uintptr_t)context->uc_mcontext.pc;
#elif defined(__riscv)
	return (uintptr_t)context->uc_mcontext.__gregs[REG_PC];
#else
	(void)context;
	return 0;
#endif
}

static void tell(const char *name) {
	const struct report report = {
		.stage = LOADER_STAGE_CALLED, .text = name, .start_ns = start};
	int before = errno;

	if (!atomic_flag_test_and_set(&is_told))
		report_send(&report);
	errno = before;
}

static void on_fault(int number, siginfo_t *info, void *argument) {
	ucontext_t *context = argument;
	uintptr_t address = (uintptr_t)info->si_addr;
	const char *name = standin_function_at(address);

	/* Also who only reads the code of a function has no real one. */
	if (name)
		tell(name);
	if (name && counter_of(context) == address && return_zero(context))
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
	sigaltstack(&place, NULL);
	sigaction(SIGSEGV, &action, NULL);
}
