/* SPDX-License-Identifier: MIT */
#include "elffile.h"

#include <elf.h>
#include <errno.h>
#include <unistd.h>

bool elffile_is_within(const struct elffile *file, uint64_t offset, uint64_t size) {
	return offset <= file->size && size <= file->size - offset;
}

ssize_t elffile_read_some(int fd, uint64_t offset, void *buffer, size_t size) {
	ssize_t length;

	do
		length = pread(fd, buffer, size, (off_t)offset);
	while (length < 0 && errno == EINTR);
	return length;
}

bool elffile_read_at(struct elffile *file, uint64_t offset, void *buffer, size_t size) {
	if (!elffile_is_within(file, offset, size))
		return false;
	ssize_t length = elffile_read_some(file->fd, offset, buffer, size);
	if (length < 0)
		file->error = errno;
	return length == (ssize_t)size;
}

void elffile_each_entry(struct elffile *file, elffile_entry_fn take, void *context) {
	ElfW(Dyn) entries[ELFFILE_BATCH];
	uint64_t at = file->dynamic.p_offset;
	uint64_t left = file->dynamic.p_filesz / sizeof(entries[0]), count;

	for (; left > 0; left -= count) {
		count = left < ELFFILE_BATCH ? left : ELFFILE_BATCH;
		if (!elffile_read_at(file, at, entries, (size_t)count * sizeof(entries[0])))
			return;
		at += count * sizeof(entries[0]);
		for (size_t i = 0; i < count; i++) {
			if (entries[i].d_tag == DT_NULL || !take(context, &entries[i]))
				return;
		}
	}
}

struct search {
	ElfW(Sxword) tag;
	uint64_t value;
	bool found;
};

static bool take_if_sought(void *context, const ElfW(Dyn) * entry) {
	struct search *search = context;

	search->found = entry->d_tag == search->tag;
	if (search->found)
		search->value = entry->d_un.d_val;
	return !search->found;
}

bool elffile_find_entry(struct elffile *file, ElfW(Sxword) tag, uint64_t *ret_value) {
	struct search search = {.tag = tag};

	elffile_each_entry(file, take_if_sought, &search);
	if (search.found)
		*ret_value = search.value;
	return search.found;
}

bool elffile_find_offset(struct elffile *file, uint64_t address, uint64_t *ret_offset) {
	uint64_t at = file->header.e_phoff;
	ElfW(Phdr) phdr;

	for (size_t i = 0; i < file->header.e_phnum; i++, at += sizeof(phdr)) {
		if (!elffile_read_at(file, at, &phdr, sizeof(phdr)))
			return false;
		if (phdr.p_type != PT_LOAD || address < phdr.p_vaddr ||
			address - phdr.p_vaddr >= phdr.p_filesz)
			continue;
		*ret_offset = address - phdr.p_vaddr + phdr.p_offset;
		return true;
	}
	return false;
}

size_t elffile_read_note(
	struct elffile *file, size_t index, unsigned char bytes[ELFFILE_NOTE_SIZE_MAX]) {
	uint64_t size = file->notes[index].p_filesz;

	if (size > ELFFILE_NOTE_SIZE_MAX)
		size = ELFFILE_NOTE_SIZE_MAX;
	return elffile_read_at(file, file->notes[index].p_offset, bytes, (size_t)size)
		       ? (size_t)size
		       : 0;
}
