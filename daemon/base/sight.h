/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What paths lead to, found out without ever waiting for a file system that may not answer
 * (dltest/mounts.h): what lies beyond one is not looked at here, and -EREMOTE says so. Who needs to
 * know all the same collects such paths in a sight, has others look at them (lookers.h), and asks
 * once more. Non-logging.
 */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "strv.h"

/* What a path leads to, symlinks followed. */
struct look {
	struct stat status;
	char real[PATH_MAX]; /* the path without symlinks */
};

/* A path beyond such a file system, and the answer about it. */
struct sight_want {
	struct sight_want *next;
	char *path;
	uint64_t mount;	   /* the first such file system on the way (dltest/mounts.h) */
	bool asked;	   /* true: somebody looks, or has looked */
	int error;	   /* -EREMOTE: there is no answer yet; else what sight_look() returns */
	struct look *look; /* the answer, if 'error' is 0 */
};

/* The answers that one undertaking has had, and the paths that it waits for. */
struct sight;

/* An empty sight, which sight_free() frees; NULL if out of memory. */
struct sight *sight_new(void);

/* Frees 'sight' and its answers; NULL is nothing. Returns NULL. */
struct sight *sight_free(struct sight *sight);

/*
 * Looks at what the absolute 'path' leads to. What lies beyond a file system that may not answer is
 * taken from the answers of 'sight', or is wanted by it from now on; with NULL it is not looked at.
 * Returns 0; -errno as of open(2); -EREMOTE if there is no answer yet; -ETIMEDOUT if the file
 * system did not give one.
 */
int sight_look(struct sight *sight, const char *path, struct look *ret_look);

/* As sight_look(), without the path. */
int sight_stat(struct sight *sight, const char *path, struct stat *ret_status);

/* True if 'path', or where it would be, may be touched: no mount on the way is one that may not
 * answer. */
bool sight_reaches(const char *path);

/* True if some wanted path has no answer yet. */
bool sight_is_waiting(const struct sight *sight);

/* The wanted paths, answered ones included; each lives as long as 'sight'. */
struct sight_want *sight_wants(const struct sight *sight);

/* Answers 'want' with -errno, or with 'look', which is copied, if 'error' is 0. */
void sight_answer(struct sight_want *want, int error, const struct look *look);

/* Answers all that 'sight' wants with -ETIMEDOUT. */
void sight_give_up(struct sight *sight);

/* Appends to 'paths' each path that got no answer. Returns 0 or -ENOMEM. */
int sight_list_unanswered(const struct sight *sight, struct strv *paths);

/* As open(2) with O_PATH, O_CLOEXEC and 'flags' (O_NOFOLLOW, O_DIRECTORY): a descriptor, or -errno,
 * -EREMOTE among them. */
int sight_open(const char *path, int flags);

/* Has this process wait for whatever a path leads to, from now on: it is one that may. */
void sight_dare(void);

/* As sight_open(), to read the file or directory with 'flags' of open(2). */
int sight_open_to_read(const char *path, int flags);

/* As lstat(2), but 0 or -errno, -EREMOTE among them. */
int sight_lstat(const char *path, struct stat *ret_status);

/* As readlink(2), but terminated: 0 or -errno, -EREMOTE among them. */
int sight_readlink(const char *path, char ret_target[PATH_MAX]);

/* The path without symlinks of what 'path' leads to, which the caller frees; NULL if it leads
 * nowhere or cannot be looked at, with errno. */
char *sight_real(const char *path);
