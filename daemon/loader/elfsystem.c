/* SPDX-License-Identifier: MIT */
#include "elfsystem.h"

#include <elf.h>

/* Names of libraries that it needs, and bytes of each: only short ones tell of the system. */
#define NEEDS_MAX     64
#define NEED_SIZE_MAX 24

/* What the dynamic section tells of what the file is for. */
struct dynamic {
	uint64_t flags_1, strings;
	uint64_t needed[NEEDS_MAX]; /* in 'strings' */
	size_t needed_count;
	bool is_solaris, has_entry;
};

static bool take_entry(void *context, const ElfW(Dyn) * entry) {
	struct dynamic *dynamic = context;

	dynamic->has_entry = true;
	switch (entry->d_tag) {
	case DT_FLAGS_1:
		dynamic->flags_1 = entry->d_un.d_val;
		break;
	case DT_STRTAB:
		dynamic->strings = entry->d_un.d_ptr;
		break;
	case DT_NEEDED:
		if (dynamic->needed_count < NEEDS_MAX)
			dynamic->needed[dynamic->needed_count++] = entry->d_un.d_val;
		break;
	default:
		dynamic->is_solaris |= platform_is_tag_of_solaris((uint64_t)entry->d_tag);
	}
	return true;
}

static struct platform find_in_notes(struct elffile *file) {
	unsigned char bytes[ELFFILE_NOTE_SIZE_MAX];
	struct platform found = {NULL, NULL};

	for (size_t i = 0; i < file->notes_count && !found.name; i++) {
		size_t size = elffile_read_note(file, i, bytes);

		found = platform_of_notes(bytes, size);
	}
	return found;
}

static struct platform find_in_needs(struct elffile *file, const struct dynamic *dynamic) {
	struct platform_needs needs = {0};
	char name[NEED_SIZE_MAX];
	uint64_t strings;

	if (!elffile_find_offset(file, dynamic->strings, &strings))
		return (struct platform){NULL, NULL};
	for (size_t i = 0; i < dynamic->needed_count; i++) {
		ssize_t length = elffile_read_some(
			file->fd, strings + dynamic->needed[i], name, sizeof(name) - 1);

		name[length > 0 ? length : 0] = '\0';
		platform_take_need(&needs, name);
	}
	return platform_of_needs(&needs);
}

struct elfsystem elfsystem_find(struct elffile *file) {
	struct platform platform = platform_of_osabi(file->header.e_ident[EI_OSABI]);
	struct dynamic dynamic = {0};

	elffile_each_entry(file, take_entry, &dynamic);
	if (!platform.name && dynamic.is_solaris)
		platform = platform_of_osabi(ELFOSABI_SOLARIS);
	if (!platform.name)
		platform = find_in_notes(file);
	if (!platform.name)
		platform = find_in_needs(file, &dynamic);
	return (struct elfsystem){.is_program = dynamic.flags_1 & DF_1_PIE,
		.is_empty = !dynamic.has_entry,
		.platform = platform};
}
