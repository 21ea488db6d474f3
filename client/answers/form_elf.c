/* SPDX-License-Identifier: MIT */
#include "form_parts.h"

/* ELF files of all classes and byte orders. The system's elf.h, where it has one, has structs of
 * this machine's byte order only. The numbers are from the ELF specification (gABI). */

#define CLASS_AT   4
#define DATA_AT	   5
#define TYPE_AT	   16
#define MACHINE_AT 18
#define CLASS_32   1
#define CLASS_64   2
#define LITTLE	   1
#define BIG	   2
#define TYPE_DYN   3
#define PT_DYNAMIC 2
#define PT_INTERP  3
#define SHT_NOBITS 8
#define SHF_ALLOC  2
#define DT_NULL	   0
#define DT_SONAME  14
#define DT_FLAGS_1 0x6ffffffb
#define DF_1_PIE   0x08000000
/* More entries no dynamic section has. */
#define DYNAMIC_MAX 4096

/* Where things are in headers and tables of a class. */
struct layout {
	unsigned word; /* bytes of an address */
	unsigned segments_at, segment_count_at, segment_size;
	unsigned offset_at, address_at, file_size_at, memory_size_at;
	unsigned sections_at, section_count_at, section_size;
	unsigned flags_at, section_address_at, section_size_at;
};

static const struct layout layout_32 = {4, 28, 44, 32, 4, 8, 16, 20, 32, 48, 40, 8, 12, 20};
static const struct layout layout_64 = {8, 32, 56, 56, 8, 16, 32, 40, 40, 60, 64, 8, 16, 32};

struct elf {
	struct window *window;
	const struct layout *layout;
	bool has_interpreter, has_dynamic;
	uint64_t offset, address, file_size, memory_size; /* of the dynamic section */
};

/* A number that is as long as an address. */
static bool take_word(const struct elf *elf, uint64_t at, uint64_t *ret_number) {
	return window_number(elf->window, at, elf->layout->word, ret_number);
}

/* Sets the byte order and the layout. Returns false if the header makes no sense. */
static bool take_ident(struct elf *elf) {
	uint64_t class, data;

	if (!window_number(elf->window, CLASS_AT, 1, &class) ||
		!window_number(elf->window, DATA_AT, 1, &data))
		return false;
	elf->layout = class == CLASS_64 ? &layout_64 : &layout_32;
	elf->window->is_big = data == BIG;
	return (class == CLASS_32 || class == CLASS_64) && (data == LITTLE || data == BIG);
}

/* A shared object for some machine; what Guile compiles is one for none. */
static bool is_shared_object(const struct elf *elf) {
	uint64_t type, machine;

	return window_number(elf->window, TYPE_AT, 2, &type) && type == TYPE_DYN &&
	       window_number(elf->window, MACHINE_AT, 2, &machine) && machine != 0;
}

static bool take_dynamic(struct elf *elf, uint64_t at) {
	const struct layout *layout = elf->layout;

	elf->has_dynamic = true;
	return take_word(elf, at + layout->offset_at, &elf->offset) &&
	       take_word(elf, at + layout->address_at, &elf->address) &&
	       take_word(elf, at + layout->file_size_at, &elf->file_size) &&
	       take_word(elf, at + layout->memory_size_at, &elf->memory_size);
}

/* Returns false if the program headers are not all there. */
static bool take_segments(struct elf *elf) {
	uint64_t at, count, type;

	if (!take_word(elf, elf->layout->segments_at, &at) ||
		!window_number(elf->window, elf->layout->segment_count_at, 2, &count))
		return false;
	for (; count > 0; count--, at += elf->layout->segment_size) {
		if (!window_number(elf->window, at, 4, &type))
			return false;
		elf->has_interpreter |= type == PT_INTERP;
		if (type == PT_DYNAMIC && !take_dynamic(elf, at))
			return false;
	}
	return true;
}

/* Whether a section says that the dynamic section has been taken out, as it is of a file that has
 * only what debuggers want. */
static bool is_gone(const struct elf *elf, uint64_t at) {
	const struct layout *layout = elf->layout;
	uint64_t type, flags, address, size;

	return window_number(elf->window, at + 4, 4, &type) && type == SHT_NOBITS &&
	       take_word(elf, at + layout->flags_at, &flags) && (flags & SHF_ALLOC) &&
	       take_word(elf, at + layout->section_address_at, &address) &&
	       address == elf->address && take_word(elf, at + layout->section_size_at, &size) &&
	       size == elf->memory_size;
}

static bool is_debugging_information(const struct elf *elf) {
	uint64_t at, count, type;

	if (!take_word(elf, elf->layout->sections_at, &at) ||
		!window_number(elf->window, elf->layout->section_count_at, 2, &count))
		return false;
	for (; count > 0; count--, at += elf->layout->section_size) {
		if (!window_number(elf->window, at, 4, &type))
			return false;
		if (is_gone(elf, at))
			return true;
	}
	return false;
}

/*
 * Whether it is a program. Linkers have marked those since 2015 or so. Before, what tells is that
 * it names its dynamic linker and has no name for others to need it by: libraries that can be run,
 * such as libc.so.6, have both.
 */
static bool is_program(const struct elf *elf) {
	uint64_t at = elf->offset, tag, value, end = elf->file_size;
	const unsigned size = 2 * elf->layout->word;
	bool has_name = false;

	for (unsigned i = 0; i < DYNAMIC_MAX && (i + 1) * size <= end; i++, at += size) {
		if (!take_word(elf, at, &tag) || tag == DT_NULL ||
			!take_word(elf, at + elf->layout->word, &value))
			break;
		if (tag == DT_FLAGS_1 && (value & DF_1_PIE))
			return true;
		has_name |= tag == DT_SONAME;
	}
	return elf->has_interpreter && !has_name;
}

enum form form_of_elf(struct window *window) {
	struct elf elf = {.window = window};

	if (!take_ident(&elf) || !is_shared_object(&elf))
		return FORM_OTHER;
	/* What was cut off is asked about, unless it was a program. */
	if (!take_segments(&elf))
		return elf.has_interpreter ? FORM_OTHER : FORM_LIBRARY;
	if (!elf.has_dynamic)
		return FORM_OTHER;
	if (is_debugging_information(&elf))
		return FORM_BESIDE;
	return is_program(&elf) ? FORM_OTHER : FORM_LIBRARY;
}
