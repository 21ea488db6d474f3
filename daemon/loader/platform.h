/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The system that a library was made for, where that is another than this one. The dynamic linker
 * would say something of headers, of a C library that is not there, or crash. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A system, as a word of the protocol and in words for a person. */
struct platform {
	const char *name; /* "freebsd"; NULL: this one, as far as can be told */
	const char *words;
};

/* The system that an ELF header's EI_OSABI names. */
struct platform platform_of_osabi(unsigned osabi);

/* The system that the 'size' bytes at 'notes' name, the contents of a PT_NOTE; whatever they are,
 * reading stays within them. */
struct platform platform_of_notes(const unsigned char *notes, size_t size);

/* What is known of the names of the libraries that one needs, one after the other. */
struct platform_needs {
	struct platform c_library; /* whose it is */
	bool has_glibc, has_plain, has_androids;
};

/* True if a library that needs one of this name was linked with glibc. */
bool platform_is_glibc(const char *name);

/* Takes the next name. */
void platform_take_need(struct platform_needs *needs, const char *name);

/* The system that they speak of. */
struct platform platform_of_needs(const struct platform_needs *needs);

/* True if a tag of a dynamic section is one that only Solaris and its like have. */
bool platform_is_tag_of_solaris(uint64_t tag);

/* The level of x86-64 that the 'size' bytes at 'notes' say is needed (the property
 * GNU_PROPERTY_X86_ISA_1_NEEDED of the psABI), from 1 on; 0 for none. Reading stays within them. */
unsigned platform_level_of_notes(const unsigned char *notes, size_t size);

/*
 * If the 'size' bytes at 'bytes', from the beginning of a file, are of a Mach-O or a PE file:
 * writes what it is to 'words', with its machines, and returns its system. Otherwise returns one
 * without a name.
 */
struct platform platform_of_foreign(
	const unsigned char *bytes, size_t size, char *words, size_t words_size);
