/* SPDX-License-Identifier: MIT */
#pragma once

/* The registers of a thread as a signal handler gets them, by what they mean on each machine. */

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* The address that was executed, or was to be; 0 where that is not known. */
uintptr_t registers_counter(const ucontext_t *context);

/* The top of the stack; 0 where that is not known. */
uintptr_t registers_stack(const ucontext_t *context);

/* Where a function that has done nothing yet is to go back to; 0 where that is not known. Reads the
 * stack on some machines. */
uintptr_t registers_return_address(const ucontext_t *context);

/* Goes back from a function that has done nothing yet, as one that answers 0. Returns false where
 * it is not known how. */
bool registers_return_zero(ucontext_t *context);

/* Argument 'index', from 0 to 5, of the system call that the thread is at; 0 where that is not
 * known. */
long registers_argument(const ucontext_t *context, unsigned index);

/* Has that system call give 'result', an errno negated if it fails, as the kernel does. */
void registers_set_result(ucontext_t *context, long result);
