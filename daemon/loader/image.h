/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An object in memory as its dynamic section describes it. That description is the library's, so
 * every address is checked to be within a readable segment before it is followed. The segments
 * themselves are what the dynamic linker mapped, if the library's code has left them alone: for the
 * rest there is guard.h.
 */

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_SEGMENTS_MAX 16

struct image {
	struct link_map *map;
	const ElfW(Phdr) * phdrs; /* NULL: they are not known */
	size_t phdrs_count;
	struct {
		uintptr_t start, end;
	} segments[IMAGE_SEGMENTS_MAX]; /* readable */
	size_t segments_count;
	const char *strings;
	size_t strings_size;
	const ElfW(Sym) * symbols;
	const uint32_t *gnu_hash;
	const uint32_t *hash;
	const char *soname; /* NULL: it has none */
};

/* The address in a dynamic entry: glibc has relocated it in place, where the section may be written
 * to, other C libraries leave it relative to where the object is mapped. */
const char *image_address(const struct link_map *map, ElfW(Addr) value);

/* Describes the object of 'map'. */
void image_open(struct image *image, struct link_map *map);

/* Whether the 'size' bytes at 'address' are within a readable segment. */
bool image_has(const struct image *image, const void *address, size_t size);

/* The first program header of this type at or behind 'from', or NULL. */
const ElfW(Phdr) * image_phdr(const struct image *image, uint32_t type, const ElfW(Phdr) * from);

/* The string at this offset of the string table; NULL if it does not end within it. */
const char *image_string(const struct image *image, size_t offset);

/* The next dynamic entry of this tag behind 'previous' (NULL: the first), or NULL. */
const ElfW(Dyn) *
	image_dynamic(const struct image *image, ElfW(Sxword) tag, const ElfW(Dyn) * previous);

/* The number of symbols that can be walked: all, or with a GNU hash table those before the hashed
 * ones, among which are all undefined ones. */
size_t image_count_symbols(const struct image *image);

/* The name of symbol 'index' if it is undefined; else NULL. */
const char *image_wanted(const struct image *image, size_t index);

/* The same of one that is not weak. */
const char *image_undefined(const struct image *image, size_t index);

/*
 * Whether the object defines 'name' for others, in whatever version. Each step takes one from
 * 'budget'; at 0 the answer is false, and worth nothing.
 */
bool image_defines(const struct image *image, const char *name, unsigned long *budget);

/* What others call the object: its SONAME, or the name of its file. */
const char *image_name(const struct image *image);

/* Whether a need of this name is met by the object, as far as its names tell. */
bool image_is_called(const struct image *image, const char *name);
