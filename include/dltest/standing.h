/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The standing of a process: what it has from whoever started it, cannot take back, and passes on
 * to all that it starts, as far as libraries load or do not for that. docs/INHERITANCE.md has all
 * that is inherited, and what is done about each. Used by the client and the daemon; one
 * implementation a platform.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#define DLTEST_STANDING_LIMITS_MAX 16
#define DLTEST_STANDING_WORDS_MAX  2

/* RLIMIT_NOFILE of a zygote: LOADER_ZYGOTE_NOFILE of daemon/abi/loader_abi.h. */
#define DLTEST_STANDING_NOFILE 1088

/* What getrlimit(2) takes: with glibc it is an enumeration. */
#ifdef __GLIBC__
typedef __rlimit_resource_t dltest_resource;
#else
typedef int dltest_resource;
#endif

/* A limit of resources, as a load gets it. */
struct dltest_limit {
	dltest_resource resource;
	const char *name; /* in /proc/PID/limits */
	uint64_t load;	  /* a load's hard and soft limit, if no lower hard one is inherited */
	uint64_t enough; /* more than that is the same to loads, and to a daemon that serves many */
};

/* How far a process may share a daemon with others. */
enum dltest_standing_kind {
	DLTEST_STANDING_USUAL, /* as the processes of this machine or container are */
	DLTEST_STANDING_OTHER, /* with those alone that have the same */
	DLTEST_STANDING_APART, /* with nobody: whether somebody has the same cannot be told */
};

struct dltest_standing {
	enum dltest_standing_kind kind;
	/* The hard limits, in the order of dltest_standing_limits(), where they are less than
	 * enough; else that. */
	uint64_t limits[DLTEST_STANDING_LIMITS_MAX];
	unsigned mdwe;	       /* PR_GET_MDWE: memory that was written to may not be executed */
	unsigned securebits;   /* but for SECBIT_KEEP_CAPS, which execve(2) clears */
	unsigned filters;      /* system call filters */
	unsigned domains;      /* nested domains of Landlock */
	uint64_t capabilities; /* effective ones by which more can be read */
};

/* The part of it that nobody else can ask the kernel for, in words. */
struct dltest_standing_words {
	char text[DLTEST_STANDING_WORDS_MAX][32];
	const char *items[DLTEST_STANDING_WORDS_MAX];
	size_t count;
};

/* The limits that a load gets: the one place where they stand. */
const struct dltest_limit *dltest_standing_limits(size_t *ret_count);

/* Gives up what of its inheritance this process has no use for, and those below it neither: an
 * ordinary user's capabilities, and a processor's clock that is not to be read. */
void dltest_standing_disown(void);

/* Takes the standing of this process. Where the kernel does not tell how process 1 stands, anything
 * less than enough is unusual. */
void dltest_standing_take(struct dltest_standing *ret_standing);

/* Takes of the process 'pid' what the kernel tells without /proc: limits and capabilities. Returns
 * 0; -ESRCH if there is no such process; other -errno if the kernel does not tell. */
int dltest_standing_take_of(pid_t pid, struct dltest_standing *ret_standing);

/* Finds out how many system call filters the process 'pid' has. Returns as
 * dltest_standing_take_of(). */
int dltest_standing_count_filters(pid_t pid, unsigned *ret_filters);

/* Puts into *ret_words, which must stay where it is, what only this process can say of its
 * standing; nothing if that is usual. */
void dltest_standing_say(struct dltest_standing_words *ret_words);
