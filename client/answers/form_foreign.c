/* SPDX-License-Identifier: MIT */
#include "form_parts.h"

#define MACH_32	       0xfeedface
#define MACH_64	       0xfeedfacf
#define MACH_MANY_32   0xcafebabe
#define MACH_MANY_64   0xcafebabf
#define MACH_TYPE_AT   12
#define MACH_TYPE_LIB  6
#define MACH_TYPE_PLUG 8
#define MACH_TYPE_DSYM 10
/* A Java class has the same magic number as a file for several machines, and its version, from 45
 * on, where that has their number. */
#define JAVA_LEAST 45

#define PE_AT	  0x3c
#define PE_DLL	  0x2000
#define PE_32	  0x10b
#define PE_64	  0x20b
#define PE_DOTNET 14

/* Whether 'at' begins a Mach-O file; sets the byte order. */
static bool is_mach(struct window *window, uint64_t at) {
	uint64_t magic;

	for (int is_big = 0; is_big < 2; is_big++) {
		window->is_big = is_big;
		if (window_number(window, at, 4, &magic) && (magic == MACH_32 || magic == MACH_64))
			return true;
	}
	return false;
}

/* Where the first of the Mach-O files is in one for several machines; 0 if it is none. */
static uint64_t first_of_many(struct window *window) {
	uint64_t magic, count, at = 0;

	window->is_big = true;
	if (!window_number(window, 0, 4, &magic) || !window_number(window, 4, 4, &count))
		return 0;
	if (magic == MACH_MANY_32 && count < JAVA_LEAST)
		window_number(window, 16, 4, &at);
	else if (magic == MACH_MANY_64)
		window_number(window, 16, 8, &at);
	return at;
}

static enum form form_of_mach(struct window *window, uint64_t at) {
	uint64_t type;

	if (!window_number(window, at + MACH_TYPE_AT, 4, &type))
		return FORM_OTHER;
	if (type == MACH_TYPE_DSYM)
		return FORM_BESIDE;
	return type == MACH_TYPE_LIB || type == MACH_TYPE_PLUG ? FORM_LIBRARY : FORM_OTHER;
}

/* Whether the DLL whose headers are at 'at' is an assembly of .NET: those run everywhere, and no
 * system loads one as a library. */
static bool is_assembly(struct window *window, uint64_t at) {
	uint64_t magic, count, address;

	if (!window_number(window, at + 24, 2, &magic))
		return false;
	uint64_t table = at + 24 + (magic == PE_64 ? 112 : 96);
	return (magic == PE_32 || magic == PE_64) && window_number(window, table - 4, 4, &count) &&
	       count > PE_DOTNET && window_number(window, table + PE_DOTNET * 8, 4, &address) &&
	       address != 0;
}

static enum form form_of_pe(struct window *window) {
	uint64_t at, flags;

	window->is_big = false;
	if (!window_number(window, PE_AT, 4, &at) || !window_has(window, at, "PE\0\0", 4) ||
		!window_number(window, at + 22, 2, &flags) || !(flags & PE_DLL))
		return FORM_OTHER;
	return is_assembly(window, at) ? FORM_OTHER : FORM_LIBRARY;
}

enum form form_of_foreign(struct window *window) {
	if (window_has(window, 0, "MZ", 2))
		return form_of_pe(window);
	uint64_t at = first_of_many(window);
	return is_mach(window, at) ? form_of_mach(window, at) : FORM_OTHER;
}
