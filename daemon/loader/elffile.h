/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An ELF file of this machine, of which headers and other small parts are read one by one. Whatever
 * is in them, reading stays within the file. Non-logging; allocates nothing.
 */

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How many program headers, section headers or dynamic entries are read at a time. */
#define ELFFILE_BATCH 64
/* Segments of notes that are looked at, and bytes of each. */
#define ELFFILE_NOTES_MAX     4
#define ELFFILE_NOTE_SIZE_MAX 1024

struct elffile {
	int fd;
	int error; /* an errno for which it could not be read, whatever its form; 0: none */
	uint64_t size;
	ElfW(Ehdr) header;
	ElfW(Phdr) dynamic; /* p_type is PT_NULL while none was found */
	bool has_segment;
	ElfW(Phdr) notes[ELFFILE_NOTES_MAX];
	size_t notes_count;
};

/* True if 'size' bytes at 'offset' are all in the file. */
bool elffile_is_within(const struct elffile *file, uint64_t offset, uint64_t size);

/* As pread(2), but not interrupted. */
ssize_t elffile_read_some(int fd, uint64_t offset, void *buffer, size_t size);

/* Reads all of 'size' bytes at 'offset'; false if they are not there, or with 'error' set. */
bool elffile_read_at(struct elffile *file, uint64_t offset, void *buffer, size_t size);

/* Takes a dynamic entry, which stays until it returns: true to go on to the next. */
typedef bool (*elffile_entry_fn)(void *context, const ElfW(Dyn) * entry);

/* Has 'take' take the dynamic entries with 'context', up to DT_NULL, or as far as they are there.
 */
void elffile_each_entry(struct elffile *file, elffile_entry_fn take, void *context);

/* The value of the first dynamic entry of this kind; false if there is none. */
bool elffile_find_entry(struct elffile *file, ElfW(Sxword) tag, uint64_t *ret_value);

/* Where in the file the address is; false if it is in no segment's contents. */
bool elffile_find_offset(struct elffile *file, uint64_t address, uint64_t *ret_offset);

/* Reads the beginning of the segment of notes 'index'. Returns its size, 0 for none. */
size_t elffile_read_note(
	struct elffile *file, size_t index, unsigned char bytes[ELFFILE_NOTE_SIZE_MAX]);
