/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Trouble that did not show: what a library that has loaded here will be refused for elsewhere or
 * later, told as warnings (docs/DIAGNOSIS.md). A warning must be true; where something cannot be
 * known it is left unsaid.
 *
 * All of this reads what a hostile library has in memory, between its success and the report of
 * that. So addresses are checked (image.h), loops are bounded, a fault ends the reading and not the
 * process (guard.h), and nothing of the library's is called.
 */

#include <stdint.h>

struct link_map;
struct setup;

/*
 * Adds facts about the library of 'map', which dlopen() has just loaded: always what it declares to
 * open by itself (DLTEST_FACT_SOFT_NEEDS), with LOADER_JOB_LATENT in 'flags' also
 * DLTEST_FACT_WARNING, each a line for a person.
 */
void latent_tell(const struct setup *setup, struct link_map *map, uint32_t flags);
