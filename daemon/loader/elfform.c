/* SPDX-License-Identifier: MIT */
#include "elfform.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "damage.h"
#include "elffile.h"
#include "elfnative.h"
#include "elfsystem.h"
#include "machine.h"
#include "notelf.h"
#include "platform.h"

#ifdef __GLIBC__
#define THIS_SYSTEM "Linux with glibc"
#else
#define THIS_SYSTEM "Linux with musl"
#endif

static enum dltest_reason complain(struct elfform_words *words, enum dltest_reason reason,
	const char *pattern, ...) __attribute__((format(printf, 3, 4)));

static enum dltest_reason complain(
	struct elfform_words *words, enum dltest_reason reason, const char *pattern, ...) {
	va_list arguments;

	va_start(arguments, pattern);
	vsnprintf(words->text, sizeof(words->text), pattern, arguments);
	va_end(arguments);
	return reason;
}

static void set_platform(struct elfform_words *words, const char *name) {
	snprintf(words->platform, sizeof(words->platform), "%s", name);
}

/* Whether the file of 'size' bytes has nothing but the name of a library, as one has that was a
 * symbolic link where there are none. */
static bool is_lost_link(
	struct elfform_words *words, uint64_t size, const unsigned char *bytes, size_t length) {
	size_t end = length == size ? notelf_name_length(bytes, length) : 0;

	if (end == 0 || end >= sizeof(words->link))
		return false;
	memcpy(words->link, bytes, end);
	words->link[end] = '\0';
	return true;
}

/* Of a file that is no ELF file. */
static enum dltest_reason check_foreign(struct elfform_words *words, const struct elffile *file,
	const unsigned char *bytes, size_t length) {
	if (is_lost_link(words, file->size, bytes, length))
		return complain(words, DLTEST_REASON_NOT_A_LIBRARY,
			"was a symbolic link to %s: its file has that name alone", words->link);
	struct platform platform =
		platform_of_foreign(bytes, length, words->text, sizeof(words->text));
	if (platform.name) {
		set_platform(words, platform.name);
		return DLTEST_REASON_WRONG_PLATFORM;
	}
	const char *damage = damage_describe_zeros(file->fd, bytes, length);
	return complain(words, DLTEST_REASON_NOT_A_LIBRARY, "%s",
		damage ? damage : notelf_describe(bytes, length));
}

static enum dltest_reason check_magic(struct elfform_words *words, const struct elffile *file,
	const unsigned char *bytes, size_t length) {
	size_t wanted = sizeof(ElfW(Ehdr));

	if (length == 0)
		return complain(words, DLTEST_REASON_TRUNCATED, "the file is empty");
	if (memcmp(bytes, ELFMAG, length < SELFMAG ? length : SELFMAG) != 0)
		return check_foreign(words, file, bytes, length);
	if (length > EI_CLASS && bytes[EI_CLASS] == ELFCLASS32)
		wanted = sizeof(Elf32_Ehdr);
	if (length < wanted)
		return complain(words, DLTEST_REASON_TRUNCATED,
			"the file is cut off within its ELF header");
	return DLTEST_REASON_NONE;
}

/* The first fields are the same in both classes; e_machine is in the file's own byte order. */
static enum dltest_reason check_machine(struct elfform_words *words, const ElfW(Ehdr) * header) {
	char theirs[64], ours[64];
	int class = header->e_ident[EI_CLASS], data = header->e_ident[EI_DATA];
	unsigned machine = header->e_machine;

	if ((class != ELFCLASS32 && class != ELFCLASS64) ||
		(data != ELFDATA2LSB && data != ELFDATA2MSB))
		return complain(words, DLTEST_REASON_NOT_A_LIBRARY,
			"begins like an ELF file, but its header makes no sense");
	if (data != ELFNATIVE_DATA)
		machine = (machine & 0xff) << 8 | machine >> 8;
	if (machine == EM_NONE)
		return complain(words, DLTEST_REASON_NOT_A_LIBRARY,
			"is an ELF file for no machine, not a shared library");
	if (machine == ELFNATIVE_MACHINE && class == ELFNATIVE_CLASS && data == ELFNATIVE_DATA)
		return DLTEST_REASON_NONE;
	const char *name = machine_describe(machine, class, data, theirs, sizeof(theirs));
	set_platform(words, name);
	return complain(words, DLTEST_REASON_WRONG_ARCHITECTURE, "is for %s, this machine is %s",
		name,
		machine_describe(
			ELFNATIVE_MACHINE, ELFNATIVE_CLASS, ELFNATIVE_DATA, ours, sizeof(ours)));
}

static enum dltest_reason check_type(struct elfform_words *words, const ElfW(Ehdr) * header) {
	switch (header->e_type) {
	case ET_DYN:
		return DLTEST_REASON_NONE;
	case ET_EXEC:
		return complain(words, DLTEST_REASON_NOT_A_LIBRARY,
			"is an executable, not a shared library");
	case ET_REL:
		return complain(words, DLTEST_REASON_NOT_A_LIBRARY,
			"is an object file, not a shared library");
	case ET_CORE:
		return complain(
			words, DLTEST_REASON_NOT_A_LIBRARY, "is a core file, not a shared library");
	default:
		return complain(words, DLTEST_REASON_NOT_A_LIBRARY,
			"is an ELF file of type %u, not a shared library", header->e_type);
	}
}

/* Whether all pages are in the file that the dynamic linker maps of it for a segment and touches
 * itself. */
static bool is_mappable(const struct elffile *file, const ElfW(Phdr) * phdr) {
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (phdr->p_filesz > 0)
		return elffile_is_within(file, phdr->p_offset, phdr->p_filesz);
	/* Of a segment without contents, the rest of the page is zeroed that it begins in. That
	 * page comes from the file, too. */
	if (phdr->p_memsz == 0 || phdr->p_vaddr % page == 0)
		return true;
	return phdr->p_offset / page * page < file->size;
}

static enum dltest_reason check_segment(
	struct elfform_words *words, struct elffile *file, const ElfW(Phdr) * phdr) {
	if (phdr->p_type == PT_DYNAMIC)
		file->dynamic = *phdr;
	if (phdr->p_type == PT_NOTE && file->notes_count < ELFFILE_NOTES_MAX)
		file->notes[file->notes_count++] = *phdr;
	if (phdr->p_type != PT_LOAD)
		return DLTEST_REASON_NONE;
	file->has_segment = true;
	if (is_mappable(file, phdr))
		return DLTEST_REASON_NONE;
	uint64_t end = phdr->p_offset + phdr->p_filesz;
	if (end < phdr->p_offset)
		end = UINT64_MAX;
	return complain(words, DLTEST_REASON_TRUNCATED,
		"the file is cut off: it has %llu bytes, its segments need %llu",
		(unsigned long long)file->size, (unsigned long long)end);
}

static enum dltest_reason check_segments(struct elfform_words *words, struct elffile *file) {
	ElfW(Phdr) phdrs[ELFFILE_BATCH];
	struct elfform_words ignored;
	enum dltest_reason reason = DLTEST_REASON_NONE, first = DLTEST_REASON_NONE;
	size_t left = file->header.e_phnum, count;

	for (uint64_t at = file->header.e_phoff; left > 0; left -= count) {
		count = left < ELFFILE_BATCH ? left : ELFFILE_BATCH;
		if (!elffile_read_at(file, at, phdrs, count * sizeof(phdrs[0])))
			return complain(words, DLTEST_REASON_TRUNCATED,
				"the file is cut off within its program headers");
		at += count * sizeof(phdrs[0]);
		/* The first complaint counts, but PT_DYNAMIC is wanted in any case. */
		for (size_t i = 0; i < count; i++) {
			struct elfform_words *target = first ? &ignored : words;

			reason = check_segment(target, file, &phdrs[i]);
			if (!first)
				first = reason;
		}
	}
	return first;
}

/* Whether the dynamic section has been taken out of the file, as it is of one that has only what
 * debuggers want. The program headers may still tell of segments. */
static bool is_debug_file(struct elffile *file) {
	ElfW(Shdr) sections[ELFFILE_BATCH];
	size_t left = file->header.e_shnum, count;

	if (file->header.e_shentsize != sizeof(sections[0]))
		return false;
	for (uint64_t at = file->header.e_shoff; left > 0; left -= count) {
		count = left < ELFFILE_BATCH ? left : ELFFILE_BATCH;
		if (!elffile_read_at(file, at, sections, count * sizeof(sections[0])))
			return false;
		at += count * sizeof(sections[0]);
		for (size_t i = 0; i < count; i++) {
			if (sections[i].sh_type == SHT_NOBITS &&
				(sections[i].sh_flags & SHF_ALLOC) &&
				file->dynamic.p_type == PT_DYNAMIC &&
				sections[i].sh_addr == file->dynamic.p_vaddr &&
				sections[i].sh_size == file->dynamic.p_memsz)
				return true;
		}
	}
	return false;
}

/* Of a file that has the form of a library, or of a program. */
static enum dltest_reason check_system(struct elfform_words *words, struct elffile *file) {
	const struct elfsystem system = elfsystem_find(file);

	if (system.is_empty && damage_is_dynamic_lost(file))
		return complain(words, DLTEST_REASON_TRUNCATED,
			"has zeros in the place of its dynamic section: it was not written "
			"completely");
	if (system.is_program)
		return complain(words, DLTEST_REASON_NOT_A_LIBRARY,
			"is an executable (position-independent), not a shared library");
	if (!system.platform.name)
		return DLTEST_REASON_NONE;
	set_platform(words, system.platform.name);
	return complain(words, DLTEST_REASON_WRONG_PLATFORM,
		"is for %s, this system is " THIS_SYSTEM, system.platform.words);
}

static enum dltest_reason check_contents(struct elfform_words *words, struct elffile *file) {
	/* What the dynamic linker refuses by itself is left to its own words. */
	if (file->header.e_phentsize != sizeof(ElfW(Phdr)))
		return DLTEST_REASON_NONE;
	enum dltest_reason reason = check_segments(words, file);
	if (is_debug_file(file))
		return complain(words, DLTEST_REASON_NOT_A_LIBRARY,
			"is a file of debugging information, not the shared library itself");
	if (reason)
		return reason;
	if (!file->has_segment)
		return complain(words, DLTEST_REASON_NOT_A_LIBRARY,
			"is an ELF file with nothing to load, not a shared library");
	if (file->dynamic.p_type == PT_NULL)
		return complain(words, DLTEST_REASON_NOT_A_LIBRARY,
			"is an ELF file without a dynamic section, not a shared library");
	return check_system(words, file);
}

enum dltest_reason elfform_check(int fd, off_t size, struct elfform_words *ret_words) {
	struct elffile file = {.fd = fd, .size = (uint64_t)size};
	unsigned char bytes[1024];

	*ret_words = (struct elfform_words){0};
	ssize_t length = elffile_read_some(fd, 0, bytes, sizeof(bytes));
	if (length < 0)
		return complain(ret_words,
			errno == EISDIR ? DLTEST_REASON_NOT_A_FILE : DLTEST_REASON_NO_VERDICT,
			"cannot be read: %s", strerror(errno));
	enum dltest_reason reason = check_magic(ret_words, &file, bytes, (size_t)length);
	if (reason)
		return reason;
	/* A 32-bit file may be shorter; of it only the first fields are looked at. */
	memcpy(&file.header, bytes,
		(size_t)length < sizeof(file.header) ? (size_t)length : sizeof(file.header));
	reason = check_machine(ret_words, &file.header);
	if (reason == DLTEST_REASON_NONE)
		reason = check_type(ret_words, &file.header);
	if (reason == DLTEST_REASON_NONE)
		reason = check_contents(ret_words, &file);
	/* Whatever came of headers that are damaged. */
	const char *damage = damage_is_likely(&file) ? damage_describe(&file) : NULL;
	if (damage) {
		set_platform(ret_words, "");
		reason = complain(ret_words, DLTEST_REASON_NOT_A_LIBRARY, "%s", damage);
	}
	if (file.error)
		return complain(ret_words, DLTEST_REASON_NO_VERDICT, "cannot be read: %s",
			strerror(file.error));
	return reason;
}

unsigned elfform_level(int fd, off_t size) {
	struct elffile file = {.fd = fd, .size = (uint64_t)size};
	unsigned char bytes[ELFFILE_NOTE_SIZE_MAX];
	struct elfform_words nowhere;
	unsigned level = 0;

	if (!elffile_read_at(&file, 0, &file.header, sizeof(file.header)) ||
		file.header.e_phentsize != sizeof(ElfW(Phdr)) || check_segments(&nowhere, &file))
		return 0;
	for (size_t i = 0; i < file.notes_count && level == 0; i++) {
		size_t length = elffile_read_note(&file, i, bytes);

		level = platform_level_of_notes(bytes, length);
	}
	return level;
}

bool elfform_search_path(int fd, off_t size, char *list, size_t list_size) {
	struct elfform_words nowhere;
	struct elffile file = {.fd = fd, .size = (uint64_t)size};
	uint64_t strings, name, offset;

	if (!elffile_read_at(&file, 0, &file.header, sizeof(file.header)) ||
		file.header.e_phentsize != sizeof(ElfW(Phdr)) || check_segments(&nowhere, &file))
		return false;
	if (!elffile_find_entry(&file, DT_RUNPATH, &name) &&
		!elffile_find_entry(&file, DT_RPATH, &name))
		return false;
	if (!elffile_find_entry(&file, DT_STRTAB, &strings) ||
		!elffile_find_offset(&file, strings + name, &offset))
		return false;
	ssize_t length = pread(fd, list, list_size, (off_t)offset);
	return length > 0 && memchr(list, '\0', (size_t)length);
}

/* The names in a dynamic section, by where they are in the string table. */
struct names {
	uint64_t strings;
	struct {
		int64_t tag;
		uint64_t offset;
	} items[ELFFORM_NAMES_MAX];
	size_t count;
};

static bool take_name(void *context, const ElfW(Dyn) * entry) {
	struct names *names = context;

	if (entry->d_tag == DT_STRTAB)
		names->strings = entry->d_un.d_ptr;
	if (entry->d_tag != DT_NEEDED && entry->d_tag != DT_SONAME && entry->d_tag != DT_RPATH &&
		entry->d_tag != DT_RUNPATH)
		return true;
	if (names->count < ELFFORM_NAMES_MAX) {
		names->items[names->count].tag = entry->d_tag;
		names->items[names->count++].offset = entry->d_un.d_val;
	}
	return true;
}

void elfform_each_name(int fd, off_t size, elfform_name_fn take, void *context) {
	struct elffile file = {.fd = fd, .size = (uint64_t)size};
	struct elfform_words nowhere;
	struct names names = {0};
	char name[ELFFORM_NAME_MAX];
	uint64_t strings;

	if (!elffile_read_at(&file, 0, &file.header, sizeof(file.header)) ||
		file.header.e_phentsize != sizeof(ElfW(Phdr)) || check_segments(&nowhere, &file))
		return;
	elffile_each_entry(&file, take_name, &names);
	if (!elffile_find_offset(&file, names.strings, &strings))
		return;
	for (size_t i = 0; i < names.count; i++) {
		ssize_t length =
			elffile_read_some(fd, strings + names.items[i].offset, name, sizeof(name));

		if (length > 0 && memchr(name, '\0', (size_t)length))
			take(context, names.items[i].tag, name);
	}
}
