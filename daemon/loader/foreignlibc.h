/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Libraries of glibc that musl has loaded: it takes glibc's C library for itself, by name, and
 * knows no versions of symbols, so that what was linked with that loads, and is not in the hands
 * that it takes itself to be in. With glibc there is nothing of the kind: what is for another C
 * library finds that missing, or damaged. Load child only.
 */

#include <link.h>
#include <stdint.h>

/* Ends with a report that says so, if the library at 'path', whose object is 'map', or one of those
 * that were loaded with it is for glibc. */
void foreignlibc_refuse(uint64_t start_ns, const char *path, struct link_map *map);
