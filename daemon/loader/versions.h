/* SPDX-License-Identifier: MIT */
#pragma once

/* The symbol versions that an object defines. */

struct link_map;

/* Adds a version fact for each version that the object of 'map' defines. */
void versions_tell(struct link_map *map);
