/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What hostile libraries try. One library holds all attacks; which one it runs it reads in its own
 * file name, FORM.ATTACK.so. Where the canaries are it reads in attack.conf beside it. Every
 * attempt is counted, and one that works, or fails for a reason that is not the sandbox's, is
 * printed: the test reads the library's output and looks at the canaries from outside.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

struct attack {
	const char *name;
	void (*run)(void);
};

/* Lists that end with a nameless attack, a theme each. */
extern const struct attack attacks_files[], attacks_kernel[], attacks_limits[], attacks_memory[],
	attacks_network[], attacks_processes[], attacks_report[], attacks_signals[];

/* Reads attack.conf; what comes first. */
void conf_read(void);
/* A value of attack.conf; "" when it has none of that name. */
const char *conf(const char *key);
long conf_number(const char *key);
/* conf(key) with a name below it, in one of a few static buffers. */
const char *below(const char *key, const char *name);

/* This library's own file. */
const char *own_path(void);

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Judges one attempt by its result, -1 with errno meaning that it failed. Refused is EPERM, EACCES
 * or ENOSYS; anything else is printed. Returns whether it was refused.
 */
bool attempt(const char *what, long result);
/* The same, where one more error is right: EMFILE and ENOMEM are limits at work. */
bool attempt_or(const char *what, long result, int also);

#define TRY(call)	   attempt(#call, (long)(call))
#define TRY_OR(call, also) attempt_or(#call, (long)(call), also)
/* By number, since wrappers do things of their own. */
#define TRY_SYS(name, ...) attempt(#name, syscall(SYS_##name, ##__VA_ARGS__))
