/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files of hostsearch.h share. */

#include "hostfile.h"
#include "hostindex.h"
#include "hostquery.h"
#include "hosttable.h"
#include "strv.h"

/* A program, or a library with the same symbols, that gives some of the names. */
struct hostfound {
	char *path;
	const struct host *host; /* NULL: no table knows it */
	const char *via;	 /* the plugin of it that has to be loaded first; NULL: none */
	struct stamp stamp;
	size_t has;	/* so many of the names */
	size_t kinship; /* so many numbers of its path are in the plugin's, such as versions */
	size_t order;	/* of its directory */
	bool is_own;	/* of the package, or of tsuku's tools */
	bool by_entry;
};

/* So many are compared with each other. */
#define HOSTFOUND_MAX 64

struct hostsearch {
	struct hostindex *index;
	const struct hostquery *query;
	struct hostfinding *finding;
	struct hostfile plugin;
	struct hostfound found[HOSTFOUND_MAX];
	size_t found_count;
	struct strv vias;	   /* the plugins of hosts that load plugins themselves */
	const struct host *absent; /* the host whose programs are not there; NULL: none */
	char version[16];	   /* of its host, which the plugin's name says */
};

/* Takes 'path' for a program that may be the host, with what is known of it, unless it is another
 * name of one that was taken. Returns 0 or -ENOMEM. */
int hostsearch_take(struct hostsearch *search, const struct hostdir *dir, const char *dir_path,
	size_t at, const struct hostfound *known);

/* Takes the programs of the hosts that the table knows the plugin to be of. Returns 0 or -ENOMEM.
 */
int hostsearch_by_table(struct hostsearch *search);

/* Takes the best programs of whatever name that give the names, if no library does. Returns 0 or
 * -ENOMEM. */
int hostsearch_by_names(struct hostsearch *search);

/* Says which libraries beside the plugin give the names. Returns 0 or -ENOMEM. */
int hostsearch_siblings(struct hostsearch *search);
