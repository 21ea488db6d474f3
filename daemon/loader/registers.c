/* SPDX-License-Identifier: MIT */
#include "registers.h"

#include <stddef.h>

/* By the calling conventions of the machine; those of system calls are in syscall(2). */

#if defined(__x86_64__)

uintptr_t registers_counter(const ucontext_t *context) {
	return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

uintptr_t registers_stack(const ucontext_t *context) {
	return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
}

uintptr_t registers_return_address(const ucontext_t *context) {
	return *(const uintptr_t *)context->uc_mcontext.gregs[REG_RSP];
}

bool registers_return_zero(ucontext_t *context) {
	greg_t *registers = context->uc_mcontext.gregs;
	greg_t *stack = (greg_t *)registers[REG_RSP];

	registers[REG_RIP] = *stack;
	registers[REG_RSP] += (greg_t)sizeof(*stack);
	registers[REG_RAX] = 0;
	return true;
}

long registers_argument(const ucontext_t *context, unsigned index) {
	static const int numbers[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};

	return (long)context->uc_mcontext.gregs[numbers[index]];
}

void registers_set_result(ucontext_t *context, long result) {
	context->uc_mcontext.gregs[REG_RAX] = result;
}

#elif defined(__i386__)

uintptr_t registers_counter(const ucontext_t *context) {
	return (uintptr_t)context->uc_mcontext.gregs[REG_EIP];
}

uintptr_t registers_stack(const ucontext_t *context) {
	return (uintptr_t)context->uc_mcontext.gregs[REG_ESP];
}

uintptr_t registers_return_address(const ucontext_t *context) {
	return *(const uintptr_t *)context->uc_mcontext.gregs[REG_ESP];
}

bool registers_return_zero(ucontext_t *context) {
	greg_t *registers = context->uc_mcontext.gregs;
	greg_t *stack = (greg_t *)registers[REG_ESP];

	registers[REG_EIP] = *stack;
	registers[REG_ESP] += (greg_t)sizeof(*stack);
	registers[REG_EAX] = 0;
	return true;
}

long registers_argument(const ucontext_t *context, unsigned index) {
	static const int numbers[] = {REG_EBX, REG_ECX, REG_EDX, REG_ESI, REG_EDI, REG_EBP};

	return (long)context->uc_mcontext.gregs[numbers[index]];
}

void registers_set_result(ucontext_t *context, long result) {
	context->uc_mcontext.gregs[REG_EAX] = (greg_t)result;
}

#elif defined(__aarch64__)

uintptr_t registers_counter(const ucontext_t *context) {
	return (uintptr_t)context->uc_mcontext.pc;
}

uintptr_t registers_stack(const ucontext_t *context) {
	return (uintptr_t)context->uc_mcontext.sp;
}

uintptr_t registers_return_address(const ucontext_t *context) {
	return (uintptr_t)context->uc_mcontext.regs[30];
}

bool registers_return_zero(ucontext_t *context) {
	context->uc_mcontext.pc = context->uc_mcontext.regs[30];
	context->uc_mcontext.regs[0] = 0;
	return true;
}

long registers_argument(const ucontext_t *context, unsigned index) {
	return (long)context->uc_mcontext.regs[index];
}

void registers_set_result(ucontext_t *context, long result) {
	context->uc_mcontext.regs[0] = (unsigned long long)result;
}

#elif defined(__riscv)

uintptr_t registers_counter(const ucontext_t *context) {
	return (uintptr_t)context->uc_mcontext.__gregs[REG_PC];
}

uintptr_t registers_stack(const ucontext_t *context) {
	return (uintptr_t)context->uc_mcontext.__gregs[REG_SP];
}

uintptr_t registers_return_address(const ucontext_t *context) {
	return (uintptr_t)context->uc_mcontext.__gregs[REG_RA];
}

bool registers_return_zero(ucontext_t *context) {
	context->uc_mcontext.__gregs[REG_PC] = context->uc_mcontext.__gregs[REG_RA];
	context->uc_mcontext.__gregs[REG_A0] = 0;
	return true;
}

long registers_argument(const ucontext_t *context, unsigned index) {
	return (long)context->uc_mcontext.__gregs[REG_A0 + (int)index];
}

void registers_set_result(ucontext_t *context, long result) {
	context->uc_mcontext.__gregs[REG_A0] = (unsigned long)result;
}

#else

uintptr_t registers_counter(const ucontext_t *context) {
	(void)context;
	return 0;
}

uintptr_t registers_stack(const ucontext_t *context) {
	(void)context;
	return 0;
}

uintptr_t registers_return_address(const ucontext_t *context) {
	(void)context;
	return 0;
}

bool registers_return_zero(ucontext_t *context) {
	(void)context;
	return false;
}

long registers_argument(const ucontext_t *context, unsigned index) {
	(void)context, (void)index;
	return 0;
}

void registers_set_result(ucontext_t *context, long result) {
	(void)context, (void)result;
}

#endif
