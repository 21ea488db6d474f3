/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The search path that an object brings along, DT_RPATH and DT_RUNPATH, element by element. Read
 * from the object and not asked of dlinfo(3), since glibc forgets a path of which no directory
 * exists.
 */

#include <stdbool.h>

struct link_map;

enum runpath_kind {
	RUNPATH_DIRECTORY, /* absolute, with $ORIGIN replaced */
	RUNPATH_RELATIVE,  /* below the current directory */
	RUNPATH_EMPTY,	   /* the current directory */
	RUNPATH_TOKEN,	   /* has $LIB or $PLATFORM in it, which the dynamic linker alone knows */
};

struct runpath_element {
	enum runpath_kind kind;
	bool is_rpath;	  /* of DT_RPATH, not of DT_RUNPATH */
	bool from_origin; /* $ORIGIN was in it */
	const char *text; /* replaced as far as that went; "" if empty */
};

typedef void (*runpath_fn)(void *context, const struct runpath_element *element);

/* Calls 'each' for every element of 'map''s own search path, in its order; one that is longer than
 * the kernel takes is left out. */
void runpath_each(const struct link_map *map, runpath_fn each, void *context);

/* The same for the search path 'path', of the object whose path is 'library'; of none it is said to
 * be of DT_RPATH. */
void runpath_split(const char *library, const char *path, runpath_fn each, void *context);

/* Whether 'map' has a DT_RUNPATH, which makes the dynamic linker ignore its DT_RPATH. */
bool runpath_is_runpath(const struct link_map *map);
