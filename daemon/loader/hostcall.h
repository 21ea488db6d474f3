/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Calls of the host's functions, which the stand-in has no code for: the first is told, each
 * answers 0, and the caller goes on.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* From now on tells of the first call, in a report of its own with the time since 'start_ns'
 * (report_now_ns()), and has calls answer 0 on machines where that is known how; on others the
 * first ends the process, as any call of what is not there. */
void hostcall_watch(uint64_t start_ns);

/* Takes a SIGSEGV for such a call, if it is one: then true is returned, and the thread of 'context'
 * goes on behind it. For who has put a handler of its own in place. */
bool hostcall_answers(const siginfo_t *info, ucontext_t *context);
