/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A load environment: what loads must have in common to share a zygote. The dynamic linker reads
 * its search path once, when a process starts, and Landlock fixes then what the process may read.
 * Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "strv.h"

struct loader;
struct sight;
struct userhomes;

enum {
	LOADENV_E_TOO_MANY = 1, /* more directories than a loader takes, the system's included, or
				 * than a variable has room for */
};

enum loadenv_access {
	LOADENV_READ,	   /* read files and list directories below */
	LOADENV_READ_FILE, /* read this file, or files below */
};

/* A path that Landlock lets loads read, and what was there when that was decided. */
struct loadenv_rule {
	char *path;
	enum loadenv_access access;
	bool exists;
	bool is_dir;
	bool unanswered; /* nobody knows: the file system there has not answered */
	bool is_named;	 /* the user or tsuku named the path, and may move it; not the system's */
	dev_t dev;
	ino_t ino;
	uint64_t way; /* the stamp's (stamp.h), of a path that is named */
};

struct loadenv {
	char *key;		     /* equal for requests that may share a zygote */
	const struct loader *loader; /* by which the loads are made */
	uint64_t dirs_digest;	/* of which directories those of the key are: device and inode */
	uint64_t search_digest; /* of what the loader itself meets in the search path: directories
				 * for special hardware, and C libraries */
	char *search_path;	/* the value of LD_LIBRARY_PATH */
	const char *clibrary;	/* this system's, which the loader has to be told, since the search
				 * path may lead to another one; NULL: it finds it */
	struct strv roots;	/* resolved directories; libraries must be below one of them */
	size_t system_count;	/* how many of the roots, the first ones, are the system's */
	size_t libs_root; /* 1 + the index in 'roots' of $TSUKU_HOME/libs; 0: not among them */
	struct loadenv_rule *rules;
	size_t rules_count;
	struct strv left_out; /* paths that were named, of which nobody knows */
};

/* The key of environments with these settings, 'homes' being those that the caller told of, for
 * loads by 'loader'; the caller frees it. NULL if out of memory. */
char *loadenv_key(const struct loader *loader, const struct strv *library_path,
	const struct strv *roots, const struct strv *homes);

/*
 * Works out the environment of loads by 'loader', which has to outlive it, for libraries of the
 * tsuku home 'home' (NULL: there is none), with
 * the further search directories 'library_path' and the further allowed directories 'roots', all
 * absolute. A directory of 'library_path' that contains one of the user's homes 'user_homes' is
 * searched but not made readable as a whole, since that would give away everything without anybody
 * having said so; nor is what of 'home' leads there. loadenv_free() frees *ret_env.
 * What lies on file systems that may not answer is known by 'sight' (sight.h), or wanted by it; a
 * directory of which that knows that nobody answers is left out. Returns 0, LOADENV_E_TOO_MANY,
 * -ENOMEM, or -EREMOTE if 'sight' waits for something.
 */
int loadenv_new(const struct loader *loader, const char *home, const struct userhomes *user_homes,
	const struct strv *library_path, const struct strv *roots, struct sight *sight,
	struct loadenv **ret_env);

/* Appends to 'files' each C library in the search path of 'env' that is not this system's, as far
 * as 'sight' knows. Returns 0 or -ENOMEM. */
int loadenv_find_foreign(const struct loadenv *env, struct sight *sight, struct strv *files);

/* The root that is $TSUKU_HOME/libs, resolved; NULL if that is not there. */
const char *loadenv_libs(const struct loadenv *env);

/* Frees 'env'; NULL is nothing. */
void loadenv_free(struct loadenv *env);

/* Returns 1 if every path that the rules name leads to what it led to when 'env' was made, and the
 * loader would meet the same in the search path; 0 if not; -EREMOTE if 'sight' waits for something.
 */
int loadenv_is_current(const struct loadenv *env, struct sight *sight);
