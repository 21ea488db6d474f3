/* SPDX-License-Identifier: MIT */

/*
 * What the unwinder of a gcc for glibc 2.35 and later asks glibc: the object at an address, and
 * where its unwind tables are (_dl_find_object(), in the C library's manual, "Dynamic Linker
 * Introspection"). With musl it is told by dl_iterate_phdr(3). For the loader that is linked with
 * that gcc's libgcc_eh and with musl.
 */

#include <link.h>
#include <stddef.h>
#include <stdint.h>

#ifndef __GLIBC__

/* As glibc has it on machines that need no base for their tables, such as x86-64 and aarch64
 * (<dlfcn.h>). */
struct dl_find_object {
	unsigned long long flags;
	void *map_start, *map_end;
	struct link_map *link_map;
	void *eh_frame;
	unsigned long long reserved[7];
};

int _dl_find_object(void *address, struct dl_find_object *ret_object);

struct search {
	uintptr_t address;
	struct dl_find_object *object;
};

static int take(struct dl_phdr_info *info, size_t size, void *context) {
	const struct search *search = context;
	const ElfW(Phdr) *tables = NULL, *found = NULL;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type == PT_GNU_EH_FRAME)
			tables = segment;
		else if (segment->p_type == PT_LOAD &&
			 search->address - (info->dlpi_addr + segment->p_vaddr) < segment->p_memsz)
			found = segment;
	}
	if (!found || !tables)
		return found != NULL ? -1 : 0;
	*search->object = (struct dl_find_object){
		.map_start = (void *)(info->dlpi_addr + found->p_vaddr),
		.map_end = (void *)(info->dlpi_addr + found->p_vaddr + found->p_memsz),
		.eh_frame = (void *)(info->dlpi_addr + tables->p_vaddr),
	};
	return 1;
}

int _dl_find_object(void *address, struct dl_find_object *ret_object) {
	struct search search = {(uintptr_t)address, ret_object};

	return dl_iterate_phdr(take, &search) > 0 ? 0 : -1;
}

#endif
