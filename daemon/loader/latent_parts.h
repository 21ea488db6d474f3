/* SPDX-License-Identifier: MIT */
#pragma once

/* A library that is searched for latent trouble; what latent*.c share, for them alone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;
struct setup;

struct latent {
	const struct setup *setup;
	struct image *library;
	uint32_t flags;	  /* of the job */
	bool is_tsukus;	  /* the library is below $TSUKU_HOME/libs */
	bool has_runpath; /* so that its RPATH is not searched */
	size_t elements;  /* of its search path that were checked */
	size_t warnings;
};

/* Tells a warning, unless there were LOADER_WARNINGS_MAX. */
void latent_warn(struct latent *latent, const char *pattern, ...)
	__attribute__((format(printf, 2, 3)));

/* True if 'path' is 'directory' or below it. */
bool latent_is_within(const char *path, const char *directory);

/* Tells warnings about what the library needs of the other objects in memory, and what its
 * dependencies need of each other. */
void latent_tell_of_needs(struct latent *latent);

/* Tells warnings about systems on which the library will not load. */
void latent_forecast(struct latent *latent);

/* The library that had the symbol 'name' until glibc 2.34, where libc.so.6 has it now; NULL for
 * others. Always the same pointer for a library. */
const char *latent_moved_from(const char *name);
