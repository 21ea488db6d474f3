/* SPDX-License-Identifier: MIT */
#pragma once

/* A tree of libraries, and the paths of those in it. */

struct deadline;
struct paths;
struct reach;

/*
 * Appends the shared libraries below 'libs', in the order of their bytes: regular files, so that no
 * library is tried once more for each link to it, which have the form of one whatever their names,
 * or the name of one whatever is in them. What tsuku has not finished installing (top-level names
 * with a dot in front) is left out. What cannot be read, or is where nothing answers, is named on
 * stderr, and paths->incomplete is set; so is, and said, that 'deadline' passed before all was
 * seen. Returns 0 or -ENOMEM.
 */
int tree_add(struct paths *paths, const char *libs, struct reach *reach,
	const struct deadline *deadline);
