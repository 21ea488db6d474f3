/* SPDX-License-Identifier: MIT */
#include "damage.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "elffile.h"
#include "elfnative.h"

/* Bytes that are looked at. All that tells of a damage is in most of the file, if it is there. */
#define SCAN_MAX ((uint64_t)256 * 1024)
/* Zeros that are read, where there are no others before. */
#define ZEROS_MAX ((uint64_t)16 * 1024 * 1024)
/* So many bytes beyond ASCII that are all UTF-8, and so many line feeds that all have a carriage
 * return before them, no library has by chance. */
#define WIDE_MIN     16
#define NEWLINES_MIN 8

/* What has been counted in a file. */
struct census {
	size_t newlines, bare; /* line feeds, and those without a carriage return */
	size_t wide, replaced; /* characters beyond ASCII, and those for what was no text */
	bool is_utf8;
	uint32_t character; /* the bytes of one that has begun */
	unsigned left;	    /* bytes of it that are to come */
	unsigned char before;
};

/* How many bytes follow the first one of a character. */
static unsigned following(unsigned char byte) {
	if (byte >= 0xc2 && byte <= 0xdf)
		return 1;
	if (byte >= 0xe0 && byte <= 0xef)
		return 2;
	return byte >= 0xf0 && byte <= 0xf4 ? 3 : 0;
}

static void count_character(struct census *census, unsigned char byte) {
	if (census->left == 0) {
		census->left = following(byte);
		census->character = byte;
		census->is_utf8 &= byte < 0x80 || census->left > 0;
		return;
	}
	census->is_utf8 &= (byte & 0xc0) == 0x80;
	census->character = census->character << 8 | byte;
	if (--census->left > 0)
		return;
	census->wide++;
	census->replaced += census->character == 0xefbfbd;
}

static void count(struct census *census, unsigned char byte) {
	if (byte == '\n') {
		census->newlines++;
		census->bare += census->before != '\r';
	}
	census->before = byte;
	if (census->is_utf8)
		count_character(census, byte);
}

/* Counts as long as something may come of it. Returns how many bytes that were. */
static uint64_t take_census(const struct elffile *file, struct census *census) {
	unsigned char bytes[4096];
	uint64_t at = 0;
	ssize_t length;

	while (at < SCAN_MAX && (census->is_utf8 || census->bare == 0) &&
		(length = elffile_read_some(file->fd, at, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < length; i++)
			count(census, bytes[i]);
		at += (uint64_t)length;
	}
	return at;
}

/* Where the section headers end. */
static uint64_t end_of_sections(const ElfW(Ehdr) * header) {
	return header->e_shoff + (uint64_t)header->e_shnum * header->e_shentsize;
}

bool damage_is_likely(const struct elffile *file) {
	return file->header.e_ident[EI_CLASS] == ELFNATIVE_CLASS &&
	       end_of_sections(&file->header) != file->size;
}

const char *damage_describe(const struct elffile *file) {
	struct census census = {.is_utf8 = true};
	const ElfW(Ehdr) *header = &file->header;
	uint64_t seen = take_census(file, &census);

	if (census.is_utf8 && census.wide >= WIDE_MIN)
		return census.replaced > 0
			       ? "was converted from binary to UTF-8: its bytes are damaged"
			       : "was converted from Latin-1 to UTF-8: its bytes are damaged";
	if (census.bare > 0 || census.newlines == 0)
		return NULL;
	/* It may also be as much too long as it has line feeds. */
	if (census.newlines >= NEWLINES_MIN ||
		(seen == file->size && header->e_shentsize == sizeof(ElfW(Shdr)) &&
			end_of_sections(header) == file->size - census.newlines))
		return "has a CR before each LF: it was transferred as text";
	return NULL;
}

static bool is_zero(const unsigned char *bytes, size_t length) {
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

/* Whether the file has nothing but zeros from 'at' on. What is a hole need not be read (lseek(2));
 * of much that was written nobody knows. */
static bool is_zero_from(int fd, uint64_t at) {
	unsigned char more[4096];
	uint64_t end = at + ZEROS_MAX;
	ssize_t got;

	if (lseek(fd, (off_t)at, SEEK_DATA) < 0 && errno == ENXIO)
		return true;
	while (at < end && (got = elffile_read_some(fd, at, more, sizeof(more))) > 0) {
		if (!is_zero(more, (size_t)got))
			return false;
		at += (uint64_t)got;
	}
	return at < end;
}

const char *damage_describe_zeros(int fd, const unsigned char *bytes, size_t length) {
	if (!is_zero(bytes, length))
		return NULL;
	return is_zero_from(fd, length)
		       ? "is all zeros: it was not written completely"
		       : "has zeros in the place of its header: it was not written completely";
}

bool damage_is_dynamic_lost(struct elffile *file) {
	ElfW(Dyn) entry;
	uint64_t offset;

	return elffile_find_offset(file, file->dynamic.p_vaddr, &offset) &&
	       elffile_read_at(file, offset, &entry, sizeof(entry)) &&
	       is_zero((const unsigned char *)&entry, sizeof(entry));
}
