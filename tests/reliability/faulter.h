/* SPDX-License-Identifier: MIT */
#pragma once

/* The processes that the faulter follows, and what it does to their registers. */

#include <stdint.h>
#include <sys/types.h>

struct tracee {
	pid_t pid;
	/* How far it is from the program that was started, which is 0: a fork of that is 1, what
	 * it executes then 2, a fork of that 3, and so on. */
	int stage;
	unsigned index;	  /* of its stage, from 1; 0: it is not of the stage that is watched */
	unsigned count;	  /* of the calls that are to fail, so far */
	int pending;	  /* the errno that the call which it is in will end with; 0: none */
	uint64_t text[2]; /* where its program's code begins and ends; 0: not yet looked up */
};

/* The record of a process, or NULL. */
struct tracee *tracees_find(pid_t pid);

/* A record for a process that has none yet; ends the program when there are too many. */
struct tracee *tracees_add(pid_t pid);

/* Forgets a process. */
void tracees_remove(struct tracee *tracee);

/* What /proc/PID/status says behind 'name', a number; 0 if it is not there. */
pid_t process_number(pid_t pid, const char *name);

/* Has the system call that 'pid' is about to make be a harmless one instead. */
void registers_skip_call(pid_t pid);

/* Has the brk() that 'pid' is about to make be a question, which is what it is when it fails. */
void registers_ask_for_break(pid_t pid);

/* Has the system call that 'pid' is about to leave return 'value'. */
void registers_set_result(pid_t pid, long value);

/* Writes from where in its own program the process makes the call that it is about to make: up to
 * three addresses of code on its stack, relative to the program's first. */
void callsite_describe(struct tracee *tracee, uint64_t stack, char *text, unsigned size);
