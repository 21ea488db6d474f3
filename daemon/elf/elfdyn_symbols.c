/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "elfdyn.h"
#include "elfdyn_parts.h"
#include "elfhash.h"
#include "elfnative.h"

/* More versions than any file has that means well. */
#define VERSIONS_MAX 4096

/* What the entry of a symbol in DT_VERSYM says besides a version: only who asks for it gets it. */
#define VERSION_HIDDEN 0x8000u

/* Of relocations, which symbol and which kind. */
#if __SIZEOF_POINTER__ == 8
#define SYMBOL_OF(info) ((size_t)ELF64_R_SYM(info))
#define KIND_OF(info)	((unsigned)ELF64_R_TYPE(info))
#else
#define SYMBOL_OF(info) ((size_t)ELF32_R_SYM(info))
#define KIND_OF(info)	((unsigned)ELF32_R_TYPE(info))
#endif

/* Copies a record, which may lie at any offset, from a table; false if it is not all there. */
static bool read_record(
	const unsigned char *table, size_t table_size, size_t at, void *record, size_t size) {
	if (at > table_size || size > table_size - at)
		return false;
	memcpy(record, table + at, size);
	return true;
}

/* Whether the file itself has the version with this index, by name. */
static bool is_defined_version(const struct elfdyn *elf, unsigned index, const char **ret_name) {
	ElfW(Verdef) definition;
	ElfW(Verdaux) name;
	size_t at = 0;

	for (int i = 0; i < VERSIONS_MAX; i++) {
		if (!read_record(elf->definitions, elf->definitions_size, at, &definition,
			    sizeof(definition)))
			return false;
		if (definition.vd_ndx == index &&
			read_record(elf->definitions, elf->definitions_size, at + definition.vd_aux,
				&name, sizeof(name))) {
			*ret_name = elfdyn_string(elf, name.vda_name);
			return *ret_name != NULL;
		}
		if (definition.vd_next == 0)
			return false;
		at += definition.vd_next;
	}
	return false;
}

/* Whether a library that the file needs has the version with this index, by name. */
static bool is_needed_version(const struct elfdyn *elf, unsigned index, const char **ret_name) {
	ElfW(Verneed) need;
	ElfW(Vernaux) version;
	size_t need_at = 0, at = 0;

	if (!read_record(elf->needs, elf->needs_size, need_at, &need, sizeof(need)))
		return false;
	at = need.vn_aux;
	for (int i = 0; i < VERSIONS_MAX; i++) {
		if (!read_record(elf->needs, elf->needs_size, at, &version, sizeof(version)))
			return false;
		if ((version.vna_other & ~VERSION_HIDDEN) == index) {
			*ret_name = elfdyn_string(elf, version.vna_name);
			return *ret_name != NULL;
		}
		if (version.vna_next != 0) {
			at += version.vna_next;
			continue;
		}
		need_at += need.vn_next;
		if (need.vn_next == 0 ||
			!read_record(elf->needs, elf->needs_size, need_at, &need, sizeof(need)))
			return false;
		at = need_at + need.vn_aux;
	}
	return false;
}

static bool has_version(const struct elfdyn *elf, size_t index) {
	return elf->versions && (elf->versions[index] & ~VERSION_HIDDEN) > VER_NDX_GLOBAL;
}

static bool is_for_others(const struct elfdyn *elf, size_t index) {
	const ElfW(Sym) *entry = &elf->symbols[index];
	unsigned binding = entry->st_info >> 4, visibility = entry->st_other & 3u;

	if (entry->st_shndx == SHN_UNDEF ||
		(binding != STB_GLOBAL && binding != STB_WEAK && binding != STB_GNU_UNIQUE) ||
		(visibility != STV_DEFAULT && visibility != STV_PROTECTED))
		return false;
	return !elf->versions || (elf->versions[index] & ~VERSION_HIDDEN) != VER_NDX_LOCAL;
}

static bool is_code(const struct elfdyn *elf, const ElfW(Sym) * entry) {
	unsigned type = entry->st_info & 0xf;

	if (type != STT_NOTYPE)
		return type == STT_FUNC || type == STT_GNU_IFUNC;
	for (size_t i = 0; i < elf->segments_count; i++) {
		const ElfW(Phdr) *segment = &elf->segments[i];

		if (segment->p_type == PT_LOAD && entry->st_value >= segment->p_vaddr &&
			entry->st_value - segment->p_vaddr < segment->p_memsz)
			return segment->p_flags & PF_X;
	}
	return false;
}

bool elfdyn_symbol(const struct elfdyn *elf, size_t index, struct elfdyn_symbol *ret_symbol) {
	const ElfW(Sym) *entry = &elf->symbols[index];
	struct elfdyn_symbol symbol = {.entry = entry, .name = elfdyn_string(elf, entry->st_name)};

	if (!symbol.name || symbol.name[0] == '\0')
		return false;
	bool versioned = has_version(elf, index);
	unsigned version = versioned ? elf->versions[index] & ~VERSION_HIDDEN : 0;
	symbol.is_default = !elf->versions || !(elf->versions[index] & VERSION_HIDDEN);
	if (entry->st_shndx == SHN_UNDEF) {
		symbol.is_wanted = entry->st_info >> 4 == STB_GLOBAL;
		if (versioned)
			(void)is_needed_version(elf, version, &symbol.version);
	} else {
		symbol.is_given = is_for_others(elf, index) &&
				  (!versioned || is_defined_version(elf, version, &symbol.version));
		symbol.is_code = is_code(elf, entry);
	}
	*ret_symbol = symbol;
	return true;
}

/* Whether symbol 'index' is what the file gives by this name. */
static bool is_given(const struct elfdyn *elf, size_t index, const char *name) {
	struct elfdyn_symbol symbol;

	return index < elf->symbols_count && elfdyn_symbol(elf, index, &symbol) &&
	       symbol.is_given && strcmp(symbol.name, name) == 0;
}

static size_t find_by_gnu_hash(const struct elfdyn *elf, const char *name) {
	const uint32_t *table = elf->gnu_hash;
	const ElfW(Addr) *bloom = (const void *)(table + 4);
	const unsigned bits = sizeof(*bloom) * 8;
	uint32_t hash = elfhash_gnu(name), first = table[1];
	size_t count;

	ElfW(Addr) word = bloom[(hash / bits) & (table[2] - 1)];
	if (!(word >> (hash % bits) & word >> ((hash >> table[3]) % bits) & 1))
		return 0;
	const uint32_t *chains = elfdyn_gnu_chains(elf, &count);
	uint32_t index = (chains - table[0])[hash % table[0]];
	if (index == 0 || index < first)
		return 0;
	for (size_t at = index - first; at < count; at++) {
		if ((chains[at] | 1) == (hash | 1) && is_given(elf, first + at, name))
			return first + at;
		if (chains[at] & 1)
			break;
	}
	return 0;
}

static size_t find_by_hash(const struct elfdyn *elf, const char *name) {
	const uint32_t *buckets = elf->hash + 2, *chains = buckets + elf->hash[0];
	uint32_t index = buckets[elfhash_sysv(name) % elf->hash[0]];

	/* A damaged chain may lead back into itself. */
	for (size_t steps = 0; steps < elf->symbols_count; steps++) {
		if (index == 0 || index >= elf->symbols_count)
			return 0;
		if (is_given(elf, index, name))
			return index;
		index = chains[index];
	}
	return 0;
}

size_t elfdyn_find(const struct elfdyn *elf, const char *name) {
	if (elf->gnu_hash)
		return find_by_gnu_hash(elf, name);
	if (elf->hash)
		return find_by_hash(elf, name);
	for (size_t i = 1; i < elf->symbols_count; i++) {
		if (is_given(elf, i, name))
			return i;
	}
	return 0;
}

/* Goes through a table of relocations, of which each has 'size' bytes and begins as Rel does. */
static void find_copies(const struct elfdyn *elf, ElfW(Sxword) tag, ElfW(Sxword) size_tag,
	size_t size, bool *is_copied) {
	const ElfW(Dyn) *whole = elfdyn_entry(elf, size_tag);
	ElfW(Rel) relocation;
	const void *table;
	uint64_t room;

	if (!whole || !elfdyn_table(elf, tag, 1, &table, &room) || !table)
		return;
	if (whole->d_un.d_val < room)
		room = whole->d_un.d_val;
	for (size_t at = 0; read_record(table, (size_t)room, at, &relocation, sizeof(relocation));
		at += size) {
		size_t index = SYMBOL_OF(relocation.r_info);

		if (KIND_OF(relocation.r_info) == ELFNATIVE_COPY && index < elf->symbols_count)
			is_copied[index] = true;
	}
}

void elfdyn_find_copies(const struct elfdyn *elf, bool *is_copied) {
	find_copies(elf, DT_RELA, DT_RELASZ, sizeof(ElfW(Rela)), is_copied);
	find_copies(elf, DT_REL, DT_RELSZ, sizeof(ElfW(Rel)), is_copied);
}
