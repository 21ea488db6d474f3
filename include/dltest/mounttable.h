/* SPDX-License-Identifier: MIT */
#pragma once

/* The table behind <dltest/mounts.h> on Linux: what /proc/self/mountinfo lists. */

#include <stdbool.h>

#include <dltest/mounts.h>

struct dltest_mounttable_entry {
	struct dltest_mount mount;
	int parent;
	char *point; /* absolute, without links */
	char *root;  /* what of the file system is seen there: a path within it */
	bool answers;
	bool is_proc;
	bool is_autofs;
};

struct dltest_mounttable {
	int fd; /* of mountinfo, -1: there is none */
	bool is_read;
	bool has_doubtful;			 /* true: one may not answer */
	bool has_automount;			 /* true: even to go near some may mean to wait */
	struct dltest_mounttable_entry *entries; /* by their points */
	size_t count;
};

/* Makes an empty table of 'table', which dltest_mounttable_fini() ends. */
void dltest_mounttable_init(struct dltest_mounttable *table);

/* Frees what 'table' has. */
void dltest_mounttable_fini(struct dltest_mounttable *table);

/* Reads the mounts where they were not yet, or have changed. Returns 0 or -errno. */
int dltest_mounttable_refresh(struct dltest_mounttable *table);

/* The mount that 'point' leads to, the topmost; NULL if it is not a mount's point. */
const struct dltest_mounttable_entry *dltest_mounttable_find(
	const struct dltest_mounttable *table, const char *point);

/* The mount with this id, or NULL. */
const struct dltest_mounttable_entry *dltest_mounttable_find_id(
	const struct dltest_mounttable *table, int id);
