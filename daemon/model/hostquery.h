/* SPDX-License-Identifier: MIT */
#pragma once

/* What is asked about a plugin that lacks names, and what was found. Pure data; non-logging. */

#include <stdbool.h>
#include <stddef.h>

#include "strv.h"

/* Bytes of names that count, their ends included. */
#define HOSTQUERY_NAMES_SIZE_MAX ((size_t)128 * 1024)

#define HOSTFINDING_CANDIDATES_MAX 8
#define HOSTFINDING_SIBLINGS_MAX   4

enum hostquery_kind {
	HOSTQUERY_PROGRAMS, /* which programs may have loaded the plugin */
	HOSTQUERY_SIBLINGS, /* which libraries beside it have the names */
};

struct hostquery {
	enum hostquery_kind kind;
	const char *plugin;	      /* its path, without symlinks */
	const struct strv *names;     /* what it lacks, without versions */
	const struct strv *programs;  /* directories to look for programs in, in this order */
	size_t own_count;	      /* of these, the first ones are the package's own and tsuku's
				       * tools: a program there needs no least number of exports */
	const struct strv *libraries; /* the system's directories of libraries */
	size_t package_depth; /* so many directories, from the plugin's own upwards, may be of its
			       * package */
};

/* A program that may be the host. */
struct hostcandidate {
	char *name;    /* for people, or of its file where no table knows it */
	char *program; /* its path, or that of a library with the same symbols; NULL: it is known by
			* what the plugin exports, and not on this machine */
	char *via;     /* the path of a plugin of the program that this one is a plugin of, and
			* that has to be loaded before it; NULL: none */
	bool by_entry; /* the plugin exports what this host looks for */
};

struct hostfinding {
	struct hostcandidate candidates[HOSTFINDING_CANDIDATES_MAX]; /* in the order to try them */
	size_t candidates_count;
	/* Libraries in the plugin's directory that together have all names, or as many as can be,
	 * the one with the most first. */
	struct strv siblings;
	/* The directories that were looked through, there or not, and the files that decided. */
	struct strv searched;
	/* False: it is not all that there is, for want of time or room, or since whoever looked has
	 * died; nothing of it is to be remembered. */
	bool is_complete;
};

/* Frees what 'finding' has. */
void hostfinding_fini(struct hostfinding *finding);

/* Appends a candidate with copies of 'name' and 'program', which may be NULL, where there is room.
 * Returns 0 or -ENOMEM. */
int hostfinding_add(
	struct hostfinding *finding, const char *name, const char *program, bool by_entry);

/* The same for a plugin of the plugin 'via', which the program loads first; it is known by an
 * entry.
 */
int hostfinding_add_via(
	struct hostfinding *finding, const char *name, const char *program, const char *via);
