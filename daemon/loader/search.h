/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Tells which objects the dynamic linker mapped and where it looked for them, so that the daemon
 * can know later whether it would find the same again.
 */

struct link_map;

/* Takes what the search goes by from the 'environment' of the loader, which has to stay. Before
 * any foreign code runs. */
void search_begin(char *const *environment);

/* Adds an object fact for all objects of 'map''s list but the main program and the vDSO, and a
 * directory fact for each place in which they were, or could have been, searched. */
void search_tell(struct link_map *map);

/* The same for what has come since then, and is not among the facts yet. */
void search_tell_new(struct link_map *map);
