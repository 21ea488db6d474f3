/* SPDX-License-Identifier: MIT */
#pragma once

/* A tree of libraries, and the paths of those in it. */

#include <stddef.h>

struct deadline;
struct paths;
struct reach;

struct tree {
	const char *libs; /* where its root is */
	struct reach *reach;
	const struct deadline *deadline;

	/* Told now and then of how many files have been looked at; before something is said on
	 * stderr. Either may be NULL. */
	void (*on_look)(void *context, size_t looked_at);
	void (*on_complaint)(void *context);
	void *context;
};

/*
 * Appends the shared libraries of 'tree', in the order of their bytes: regular files, so that no
 * library is tried once more for each link to it, which have the form of one whatever their names,
 * or the name of one whatever is in them. What tsuku has not finished installing (top-level names
 * with a dot in front) is left out. What cannot be read, or is where nothing answers, is named on
 * stderr, and paths->incomplete is set; so is, and said, that the deadline passed before all was
 * seen. Returns 0 or -ENOMEM.
 */
int tree_add(struct paths *paths, const struct tree *tree);
