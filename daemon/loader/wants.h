/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Libraries that the library under test opens by itself when they are there (.note.dlopen): which
 * they are, and whether one would load. The two are never done in the same process, since what is
 * wanted may crash or hang, and nobody asked whether that does.
 */

#include <stdbool.h>
#include <stddef.h>

struct image;
struct link_map;

/* Adds a DLTEST_FACT_SOFT_NEEDS for each need that 'image' declares. Returns false if something in
 * its declaration made no sense. */
bool wants_tell(const struct image *image);

/*
 * Loads the first of the 'count' names that loads, lazily and for nobody else, where the library of
 * 'map' would find it. Returns NULL when one did, else the dynamic linker's text: about the first
 * that is there and did not load, or about the first.
 */
const char *wants_try(const struct link_map *map, const char *const *names, size_t count);
