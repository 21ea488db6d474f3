/* SPDX-License-Identifier: MIT */
#include "elfdyn.h"

#include <errno.h>
#include <string.h>

#include "elfdyn_parts.h"
#include "elfnative.h"

/* More segments and dynamic entries than any file has that means well. */
#define SEGMENTS_MAX 1024
#define ENTRIES_MAX  4096

static bool is_within(const struct elfdyn *elf, uint64_t offset, uint64_t size) {
	return offset <= elf->size && size <= elf->size - offset;
}

/* What is in the file for 'address', aligned as said; NULL if that is in no segment's contents.
 * Sets *ret_room to the bytes that are there. */
static const void *find_address(
	const struct elfdyn *elf, uint64_t address, size_t alignment, uint64_t *ret_room) {
	for (size_t i = 0; i < elf->segments_count; i++) {
		const ElfW(Phdr) *segment = &elf->segments[i];

		if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
			address - segment->p_vaddr >= segment->p_filesz ||
			!is_within(elf, segment->p_offset, segment->p_filesz))
			continue;
		uint64_t skipped = address - segment->p_vaddr;
		*ret_room = segment->p_filesz - skipped;
		if ((segment->p_offset + skipped) % alignment != 0)
			return NULL;
		return elf->bytes + segment->p_offset + skipped;
	}
	return NULL;
}

const ElfW(Dyn) * elfdyn_entry(const struct elfdyn *elf, ElfW(Sxword) tag) {
	for (size_t i = 0; i < elf->entries_count; i++) {
		if (elf->entries[i].d_tag == tag)
			return &elf->entries[i];
	}
	return NULL;
}

bool elfdyn_table(const struct elfdyn *elf, ElfW(Sxword) tag, size_t alignment,
	const void **ret_table, uint64_t *ret_room) {
	const ElfW(Dyn) *entry = elfdyn_entry(elf, tag);

	*ret_room = 0;
	*ret_table = entry ? find_address(elf, entry->d_un.d_ptr, alignment, ret_room) : NULL;
	return *ret_table || !entry;
}

static bool take_head(struct elfdyn *elf) {
	const ElfW(Ehdr) *head = (const void *)elf->bytes;

	if (elf->size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
		head->e_ident[EI_CLASS] != ELFNATIVE_CLASS ||
		head->e_ident[EI_DATA] != ELFNATIVE_DATA)
		return false;
	if (head->e_phentsize != sizeof(*elf->segments) || head->e_phnum > SEGMENTS_MAX ||
		head->e_phoff % sizeof(ElfW(Addr)) != 0 ||
		!is_within(elf, head->e_phoff, head->e_phnum * sizeof(*elf->segments)))
		return false;
	elf->head = head;
	elf->segments = (const void *)(elf->bytes + head->e_phoff);
	elf->segments_count = head->e_phnum;
	return true;
}

static bool take_entries(struct elfdyn *elf) {
	const ElfW(Phdr) *dynamic = NULL;

	for (size_t i = 0; i < elf->segments_count; i++) {
		if (elf->segments[i].p_type == PT_DYNAMIC)
			dynamic = &elf->segments[i];
		if (elf->segments[i].p_type == PT_INTERP)
			elf->has_interpreter = true;
	}
	if (!dynamic || dynamic->p_offset % sizeof(ElfW(Addr)) != 0 ||
		!is_within(elf, dynamic->p_offset, dynamic->p_filesz))
		return false;
	elf->entries = (const void *)(elf->bytes + dynamic->p_offset);
	uint64_t room = dynamic->p_filesz / sizeof(*elf->entries);
	while (elf->entries_count < room && elf->entries_count < ENTRIES_MAX &&
		elf->entries[elf->entries_count].d_tag != DT_NULL)
		elf->entries_count++;
	return true;
}

static bool take_strings(struct elfdyn *elf) {
	const ElfW(Dyn) *size = elfdyn_entry(elf, DT_STRSZ);
	const void *table;
	uint64_t room;

	if (!elfdyn_table(elf, DT_STRTAB, 1, &table, &room))
		return false;
	if (!table)
		return true;
	if (!size || size->d_un.d_val > room)
		return false;
	const char *end = memrchr(table, '\0', (size_t)size->d_un.d_val);
	elf->strings = table;
	elf->strings_size = end ? (size_t)(end - elf->strings) + 1 : 0;
	return true;
}

/* Whether all that a look-up begins with is there: head, bloom filter and buckets. */
static bool is_sane_gnu_hash(const uint32_t *table, uint64_t size) {
	if (size < 16)
		return false;
	uint64_t buckets = table[0], bloom = table[2];
	return buckets > 0 && bloom > 0 && (bloom & (bloom - 1)) == 0 && table[3] < 32 &&
	       size >= 16 + bloom * sizeof(ElfW(Addr)) + buckets * sizeof(*table);
}

static bool take_hashes(struct elfdyn *elf) {
	const void *table;
	uint64_t room;

	if (!elfdyn_table(elf, DT_GNU_HASH, sizeof(ElfW(Addr)), &table, &room) ||
		(table && !is_sane_gnu_hash(table, room)))
		return false;
	elf->gnu_hash = table;
	elf->gnu_hash_size = (size_t)room;
	if (!elfdyn_table(elf, DT_HASH, sizeof(*elf->hash), &table, &room))
		return false;
	elf->hash = table;
	return !elf->hash ||
	       (room >= 8 && elf->hash[0] > 0 &&
		       room >= 8 + ((uint64_t)elf->hash[0] + elf->hash[1]) * sizeof(*elf->hash));
}

const uint32_t *elfdyn_gnu_chains(const struct elfdyn *elf, size_t *ret_count) {
	const uint32_t *table = elf->gnu_hash;
	size_t before =
		4 + (size_t)table[2] * (sizeof(ElfW(Addr)) / sizeof(*table)) + (size_t)table[0];

	*ret_count = elf->gnu_hash_size / sizeof(*table) - before;
	return table + before;
}

/* The number of symbols by the last chain of the GNU hash table; 0 if there is no chain. */
static uint64_t count_by_chains(const struct elfdyn *elf) {
	size_t count;
	const uint32_t *chains = elfdyn_gnu_chains(elf, &count);
	const uint32_t *buckets = chains - elf->gnu_hash[0];
	uint32_t first = elf->gnu_hash[1], last = 0;

	for (uint32_t i = 0; i < elf->gnu_hash[0]; i++) {
		if (buckets[i] > last)
			last = buckets[i];
	}
	if (last == 0 || last < first)
		return 0;
	uint64_t at = last - first;
	while (at < count && !(chains[at] & 1))
		at++;
	return first + at + 1;
}

static bool is_address(ElfW(Sxword) tag) {
	return tag == DT_STRTAB || tag == DT_HASH || tag == DT_GNU_HASH || tag == DT_VERSYM ||
	       tag == DT_VERNEED || tag == DT_VERDEF || tag == DT_RELA || tag == DT_REL ||
	       tag == DT_JMPREL;
}

/* The number of symbols by what is nearest behind them; 0 if that is nothing. */
static uint64_t count_by_neighbour(const struct elfdyn *elf, uint64_t address) {
	uint64_t nearest = 0;

	for (size_t i = 0; i < elf->entries_count; i++) {
		uint64_t other = elf->entries[i].d_un.d_ptr;

		if (is_address(elf->entries[i].d_tag) && other > address &&
			(nearest == 0 || other < nearest))
			nearest = other;
	}
	return nearest ? (nearest - address) / sizeof(*elf->symbols) : 0;
}

static uint64_t count_symbols(const struct elfdyn *elf, uint64_t address) {
	if (elf->hash)
		return elf->hash[1];
	/* The table of a file that gives nothing does not say where those end that it wants. */
	uint64_t count = elf->gnu_hash ? count_by_chains(elf) : 0;
	return count > 0 ? count : count_by_neighbour(elf, address);
}

static bool take_symbols(struct elfdyn *elf) {
	const void *table;
	uint64_t room;

	if (!elfdyn_table(elf, DT_SYMTAB, sizeof(ElfW(Addr)), &table, &room))
		return false;
	if (!table)
		return true;
	uint64_t count = count_symbols(elf, elfdyn_entry(elf, DT_SYMTAB)->d_un.d_ptr);
	if (count > room / sizeof(*elf->symbols))
		return false;
	elf->symbols = table;
	elf->symbols_count = (size_t)count;
	return true;
}

static bool take_versions(struct elfdyn *elf) {
	const void *table;
	uint64_t room;

	if (!elfdyn_table(elf, DT_VERSYM, sizeof(*elf->versions), &table, &room) ||
		(table && room / sizeof(*elf->versions) < elf->symbols_count))
		return false;
	elf->versions = table;
	if (!elfdyn_table(elf, DT_VERDEF, 1, &table, &room))
		return false;
	elf->definitions = table;
	elf->definitions_size = (size_t)room;
	if (!elfdyn_table(elf, DT_VERNEED, 1, &table, &room))
		return false;
	elf->needs = table;
	elf->needs_size = (size_t)room;
	return true;
}

int elfdyn_read(const void *bytes, size_t size, struct elfdyn *ret_elf) {
	struct elfdyn elf = {.bytes = bytes, .size = size};

	if (!take_head(&elf) || !take_entries(&elf) || !take_strings(&elf) || !take_hashes(&elf) ||
		!take_symbols(&elf) || !take_versions(&elf))
		return -EINVAL;
	*ret_elf = elf;
	return 0;
}

const char *elfdyn_string(const struct elfdyn *elf, uint64_t offset) {
	return offset < elf->strings_size ? elf->strings + offset : NULL;
}

const char *elfdyn_text(const struct elfdyn *elf, ElfW(Sxword) tag, size_t nth) {
	for (size_t i = 0; i < elf->entries_count; i++) {
		const char *text = elf->entries[i].d_tag == tag
					   ? elfdyn_string(elf, elf->entries[i].d_un.d_val)
					   : NULL;

		if (text && nth-- == 0)
			return text;
	}
	return NULL;
}
