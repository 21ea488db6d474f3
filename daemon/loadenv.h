/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A load environment: what loads must have in common to share a zygote. The search path is read
 * by the dynamic linker once, when a process starts, and what may be read is fixed by Landlock
 * from then on. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "strv.h"

enum {
	LOADENV_E_TOO_MANY = 1, /* with the system's own more directories than a loader takes */
};

enum loadenv_access {
	LOADENV_READ,	   /* files and directories below */
	LOADENV_READ_FILE, /* this file, or files below */
};

/* A path that Landlock lets loads read, and what was there when that was decided. */
struct loadenv_rule {
	char *path;
	enum loadenv_access access;
	bool exists;
	bool is_dir;
	bool is_named; /* by the user or tsuku, and may be moved; the system's own are not */
	dev_t dev;
	ino_t ino;
	uint64_t way; /* of those that are named: the stamp's */
};

struct loadenv {
	char *key;	     /* equal for requests that may share a zygote */
	uint64_t identity;   /* a digest of which directories the key's stand for */
	uint64_t hardware;   /* a digest of its directories for special hardware */
	char *search_path;   /* the value of LD_LIBRARY_PATH */
	struct strv roots;   /* resolved; libraries must be below one of them */
	size_t system_count; /* so many of them, the first, are the system's */
	size_t libs_root;    /* which of the roots that is, from 1; 0: none */
	struct loadenv_rule *rules;
	size_t rules_count;
};

/*
 * The key for these settings; the caller frees it. NULL when there is no memory.
 */
char *loadenv_key(const struct strv *library_path, const struct strv *roots);

/*
 * Works out the environment for libraries of the tsuku home 'home' (NULL: there is none), with
 * the further search directories 'library_path' and the further allowed directories 'roots', all
 * absolute. A directory of 'library_path' that contains the user's home directory 'user_home'
 * (NULL: unknown) is searched but not made readable as a whole, since that would give away
 * everything without anybody having said so.
 * Returns 0, LOADENV_E_TOO_MANY or -ENOMEM.
 */
int loadenv_new(const char *home, const char *user_home, const struct strv *library_path,
	const struct strv *roots, struct loadenv **ret_env);

/* $TSUKU_HOME/libs, resolved; NULL if it is not there. */
const char *loadenv_libs(const struct loadenv *env);

void loadenv_free(struct loadenv *env);

/* Whether everything the rules name is still what it was. */
bool loadenv_is_current(const struct loadenv *env);
