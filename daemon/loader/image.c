/* SPDX-License-Identifier: MIT */
#include "image.h"

#include "elfhash.h"

#include <string.h>

/* More entries than any dynamic section has. */
#define DYNAMIC_MAX 4096

struct phdr_search {
	struct image *image;
};

const char *image_address(const struct link_map *map, ElfW(Addr) value) {
	return (const char *)(value < map->l_addr ? map->l_addr + value : value);
}

/* Holds a lock of the dynamic linker's, so that nothing is followed here. */
static int find_phdrs(struct dl_phdr_info *info, size_t size, void *context) {
	struct phdr_search *search = context;

	(void)size;
	if (info->dlpi_addr != search->image->map->l_addr)
		return 0;
	search->image->phdrs = info->dlpi_phdr;
	search->image->phdrs_count = info->dlpi_phnum;
	return 1;
}

static void take_segments(struct image *image) {
	for (size_t i = 0; i < image->phdrs_count; i++) {
		const ElfW(Phdr) *phdr = &image->phdrs[i];
		uintptr_t start = image->map->l_addr + phdr->p_vaddr;

		if (phdr->p_type != PT_LOAD || !(phdr->p_flags & PF_R) ||
			image->segments_count == IMAGE_SEGMENTS_MAX ||
			phdr->p_memsz > UINTPTR_MAX - start)
			continue;
		image->segments[image->segments_count].start = start;
		image->segments[image->segments_count++].end = start + phdr->p_memsz;
	}
}

bool image_has(const struct image *image, const void *address, size_t size) {
	uintptr_t start = (uintptr_t)address;

	for (size_t i = 0; i < image->segments_count; i++) {
		if (start >= image->segments[i].start && start < image->segments[i].end)
			return size <= image->segments[i].end - start;
	}
	return false;
}

/* The address behind the segment that 'address' is in; 0 if it is in none. */
static uintptr_t segment_end(const struct image *image, const void *address) {
	for (size_t i = 0; i < image->segments_count; i++) {
		if ((uintptr_t)address >= image->segments[i].start &&
			(uintptr_t)address < image->segments[i].end)
			return image->segments[i].end;
	}
	return 0;
}

const ElfW(Phdr) * image_phdr(const struct image *image, uint32_t type, const ElfW(Phdr) * from) {
	const ElfW(Phdr) *phdr = from ? from : image->phdrs;

	for (; phdr && phdr < image->phdrs + image->phdrs_count; phdr++) {
		if (phdr->p_type == type)
			return phdr;
	}
	return NULL;
}

const ElfW(Dyn) *
	image_dynamic(const struct image *image, ElfW(Sxword) tag, const ElfW(Dyn) * previous) {
	const ElfW(Dyn) *entry = previous ? previous + 1 : image->map->l_ld;

	for (; entry < image->map->l_ld + DYNAMIC_MAX && image_has(image, entry, sizeof(*entry)) &&
		entry->d_tag != DT_NULL;
		entry++) {
		if (entry->d_tag == tag)
			return entry;
	}
	return NULL;
}

/* What the dynamic entry of this tag points to; NULL unless 'size' bytes are there. */
static const void *target_of(const struct image *image, ElfW(Sxword) tag, size_t size) {
	const ElfW(Dyn) *entry = image_dynamic(image, tag, NULL);
	const char *target = entry ? image_address(image->map, entry->d_un.d_ptr) : NULL;

	if (!target || !image_has(image, target, size) || (uintptr_t)target % sizeof(uint32_t))
		return NULL;
	return target;
}

/* A table whose head says what all of glibc's look-up can reach, and all of that is there. */
static bool is_sane_gnu_hash(const struct image *image, const uint32_t *table) {
	uint64_t bloom = table[2], buckets = table[0];

	return buckets > 0 && bloom > 0 && (bloom & (bloom - 1)) == 0 && table[3] < 32 &&
	       (uintptr_t)table % sizeof(ElfW(Addr)) == 0 &&
	       image_has(image, table,
		       16 + (size_t)bloom * sizeof(ElfW(Addr)) + (size_t)buckets * sizeof(*table));
}

void image_open(struct image *image, struct link_map *map) {
	struct phdr_search search = {image};

	*image = (struct image){.map = map};
	dl_iterate_phdr(find_phdrs, &search);
	take_segments(image);

	const ElfW(Dyn) *size = image_dynamic(image, DT_STRSZ, NULL);
	const ElfW(Dyn) *strings = image_dynamic(image, DT_STRTAB, NULL);
	if (size && strings) {
		image->strings = image_address(map, strings->d_un.d_ptr);
		image->strings_size = size->d_un.d_val;
		if (!image_has(image, image->strings, image->strings_size))
			image->strings_size = 0;
	}
	image->symbols = target_of(image, DT_SYMTAB, sizeof(*image->symbols));
	image->gnu_hash = target_of(image, DT_GNU_HASH, 16);
	if (image->gnu_hash && !is_sane_gnu_hash(image, image->gnu_hash))
		image->gnu_hash = NULL;
	image->hash = target_of(image, DT_HASH, 8);
	if (image->hash &&
		(image->hash[0] == 0 || !image_has(image, image->hash,
						8 + ((size_t)image->hash[0] + image->hash[1]) *
								sizeof(*image->hash))))
		image->hash = NULL;
	const ElfW(Dyn) *soname = image_dynamic(image, DT_SONAME, NULL);
	if (soname)
		image->soname = image_string(image, soname->d_un.d_val);
}

const char *image_string(const struct image *image, size_t offset) {
	if (offset >= image->strings_size)
		return NULL;
	const char *text = image->strings + offset;
	return memchr(text, '\0', image->strings_size - offset) ? text : NULL;
}

size_t image_count_symbols(const struct image *image) {
	size_t count = 0;

	/* A GNU hash table of nothing begins at 1, wherever the undefined ones are. */
	if (image->gnu_hash && image->gnu_hash[1] > 1)
		count = image->gnu_hash[1];
	else if (image->hash)
		count = image->hash[1];
	if (!image->symbols)
		return 0;
	size_t room = (segment_end(image, image->symbols) - (uintptr_t)image->symbols) /
		      sizeof(*image->symbols);
	return count < room ? count : room;
}

static unsigned binding_of(const ElfW(Sym) * symbol) {
	return symbol->st_info >> 4;
}

const char *image_wanted(const struct image *image, size_t index) {
	const ElfW(Sym) *symbol = &image->symbols[index];

	if (symbol->st_shndx != SHN_UNDEF || symbol->st_name == 0)
		return NULL;
	return image_string(image, symbol->st_name);
}

const char *image_undefined(const struct image *image, size_t index) {
	return binding_of(&image->symbols[index]) == STB_GLOBAL ? image_wanted(image, index) : NULL;
}

/* Whether symbol 'index' is a definition of 'name'. */
static bool is_definition(const struct image *image, size_t index, const char *name) {
	const ElfW(Sym) *symbol = image->symbols + index;

	if (index >= UINT32_MAX / sizeof(*symbol) || !image_has(image, symbol, sizeof(*symbol)) ||
		symbol->st_shndx == SHN_UNDEF || binding_of(symbol) == STB_LOCAL)
		return false;
	unsigned visibility = symbol->st_other & 3u;
	if ((visibility != STV_DEFAULT && visibility != STV_PROTECTED) ||
		symbol->st_name >= image->strings_size)
		return false;
	size_t room = image->strings_size - symbol->st_name, length = strlen(name);
	return length < room && memcmp(image->strings + symbol->st_name, name, length + 1) == 0;
}

static bool defines_by_gnu_hash(
	const struct image *image, const char *name, unsigned long *budget) {
	const uint32_t *table = image->gnu_hash;
	uint32_t buckets_count = table[0], first = table[1], bloom_size = table[2];
	const ElfW(Addr) *bloom = (const void *)(table + 4);
	const uint32_t *buckets = (const void *)(bloom + bloom_size);
	const uint32_t *chains = buckets + buckets_count;
	uint32_t hash = elfhash_gnu(name);
	const unsigned bits = sizeof(*bloom) * 8;

	ElfW(Addr) word = bloom[(hash / bits) & (bloom_size - 1)];
	if (!(word >> (hash % bits) & word >> ((hash >> table[3]) % bits) & 1))
		return false;
	for (uint32_t i = buckets[hash % buckets_count]; i >= first && i > 0 && *budget > 0; i++) {
		const uint32_t *chain = chains + (i - first);

		(*budget)--;
		if (!image_has(image, chain, sizeof(*chain)))
			return false;
		if ((*chain | 1) == (hash | 1) && is_definition(image, i, name))
			return true;
		if (*chain & 1)
			return false;
	}
	return false;
}

static bool defines_by_hash(const struct image *image, const char *name, unsigned long *budget) {
	const uint32_t *table = image->hash, *buckets = table + 2, *chains = buckets + table[0];

	for (uint32_t i = buckets[elfhash_sysv(name) % table[0]];
		i > 0 && i < table[1] && *budget > 0; i = chains[i]) {
		(*budget)--;
		if (is_definition(image, i, name))
			return true;
	}
	return false;
}

bool image_defines(const struct image *image, const char *name, unsigned long *budget) {
	if (!image->symbols || *budget == 0)
		return false;
	(*budget)--;
	if (image->gnu_hash)
		return defines_by_gnu_hash(image, name, budget);
	return image->hash && defines_by_hash(image, name, budget);
}

const char *image_name(const struct image *image) {
	const char *slash = strrchr(image->map->l_name, '/');

	if (image->soname)
		return image->soname;
	return slash ? slash + 1 : image->map->l_name;
}

bool image_is_called(const struct image *image, const char *name) {
	const char *slash = strrchr(image->map->l_name, '/');

	return (image->soname && strcmp(image->soname, name) == 0) ||
	       strcmp(image->map->l_name, name) == 0 || (slash && strcmp(slash + 1, name) == 0);
}
